"""CPython's ThreadPoolExecutor with two workers, for the rows that name it.

    executor.py throughput TASKS IN_FLIGHT     prints tasks a second
    executor.py latency TASKS                  prints microseconds for one submit(...).result()
    executor.py queued TASKS                   prints microseconds a task, all submitted before the first wait
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore


def add(numbers):
    return numbers["a"] + numbers["b"]


def throughput(pool, tasks, in_flight):
    # A semaphore keeps the window full without the cost of a list of futures.
    window = Semaphore(in_flight)
    began = time.perf_counter()
    for n in range(tasks):
        window.acquire()
        pool.submit(add, {"a": n, "b": 1}).add_done_callback(lambda _: window.release())
    for _ in range(in_flight):
        window.acquire()
    return tasks / (time.perf_counter() - began)


def latency(pool, tasks):
    began = time.perf_counter()
    for n in range(tasks):
        pool.submit(add, {"a": n, "b": 1}).result()
    return (time.perf_counter() - began) / tasks * 1e6


def queued(pool, tasks):
    began = time.perf_counter()
    futures = [pool.submit(add, {"a": n, "b": 1}) for n in range(tasks)]
    for future in futures:
        future.result()
    return (time.perf_counter() - began) / tasks * 1e6


def main():
    what, *numbers = sys.argv[1:]
    measure = {"throughput": throughput, "latency": latency, "queued": queued}[what]
    arguments = [int(number) for number in numbers]
    with ThreadPoolExecutor(max_workers=2) as pool:
        latency(pool, 200)
        print(measure(pool, *arguments))


main()
