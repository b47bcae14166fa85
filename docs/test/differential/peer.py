"""CPython's side of the differential check: runs the scripts on standard input with real threads."""

import json
import queue
import sys
import threading
import time
from concurrent import futures

THREADS = 3
# How long a step that has to end may take before it counts as stuck, in seconds.
STUCK = 10


def expire(milliseconds):
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else milliseconds


def fail():
    raise ArithmeticError("on purpose")


def make(kind, args):
    if kind == "ConditionOfLock":
        return threading.Condition(threading.Lock())
    if kind == "ConditionOfRLock":
        return threading.Condition(threading.RLock())
    if kind in ("Barrier", "FailingBarrier"):
        return threading.Barrier(args[0], action=fail if args[1] else None)
    if kind == "Future":
        return [Pool() for _ in range(THREADS)]
    return getattr(queue if kind.endswith("Queue") else threading, kind)(*args)


def waiters(subject):
    """How many threads are known to be blocked on it; for a lock nobody knows."""
    if isinstance(subject, threading.Condition):
        return len(subject._waiters)
    if isinstance(subject, (threading.Semaphore, threading.Event)):
        return len(subject._cond._waiters)
    if isinstance(subject, threading.Barrier):
        return subject.n_waiting
    if isinstance(subject, queue.Queue):
        conditions = (subject.not_empty, subject.not_full, subject.all_tasks_done)
        return sum(len(condition._waiters) for condition in conditions)
    return None


class Pool:
    """One worker, and the futures of the thread that submits to it."""

    def __init__(self):
        self.executor = futures.ThreadPoolExecutor(max_workers=1)
        self.futures = []
        self.gates = []
        self.log = []

    def advance(self, settled, runs):
        while settled >= 0 and not self.futures[settled].done():
            time.sleep(0)
        while runs >= 0 and not self.futures[runs].running():
            time.sleep(0)

    def submit(self, kind, settled, runs):
        gate = threading.Event()
        number = len(self.futures)

        def task():
            if kind == "throw":
                fail()
            if kind == "gate":
                gate.wait()
            return number

        self.gates.append(gate)
        self.futures.append(self.executor.submit(task))
        self.advance(settled, runs)

    def open(self, index, settled, runs):
        self.gates[index].set()
        self.advance(settled, runs)

    def callback(self, index):
        self.futures[index].add_done_callback(lambda _: self.log.append(index))

    def wait(self, index):
        done, not_done = futures.wait(self.futures[: index + 1], timeout=0)
        return [len(done), len(not_done)]


def operate(kind, subject, thread, op, args):
    """One operation; the same names as on the other side."""
    if kind == "Future":
        pool = subject[thread]
        if op in ("submit", "open", "callback", "wait"):
            return getattr(pool, op)(*args)
        if op == "log":
            return list(pool.log)
        future = pool.futures[args[0]]
        if op == "result":
            return future.result(expire(args[1]))
        if op == "exception":
            return future.exception(expire(args[1])) is not None
        return getattr(future, op)()
    if kind.endswith("Queue"):
        if op == "putFor":
            return subject.put(args[0], timeout=expire(args[1]))
        if op == "getFor":
            return subject.get(timeout=expire(args[0]))
        if op == "tryPut":
            return subject.put_nowait(args[0])
        names = {"tryGet": "get_nowait", "size": "qsize", "taskDone": "task_done"}
        return getattr(subject, names.get(op, op))(*args)
    if op == "acquireFor":
        return subject.acquire(timeout=expire(args[0]))
    if op == "tryAcquire":
        return subject.acquire(blocking=False)
    if op == "tryAcquireAndRelease":
        if not subject.acquire(blocking=False):
            return False
        subject.release()
        return True
    if op == "value":
        return subject._value
    if op == "waitRound":
        for _ in range(args[0]):
            subject.acquire()
        result = subject.wait()
        for _ in range(args[0]):
            subject.release()
        return result
    if op == "notifyRound":
        with subject:
            subject.notify_all()
        return None
    if op == "waitFor" and kind.startswith("Condition"):
        return subject.wait_for(lambda: args[0], expire(args[1]))
    if op in ("waitFor", "waitFor2"):
        return subject.wait(expire(args[0]))
    if op == "setAndClear":
        subject.set()
        return subject.clear()
    names = {"isSet": "is_set", "notifyAll": "notify_all", "nWaiting": "n_waiting"}
    member = getattr(subject, names.get(op, op))
    return member(*args) if callable(member) else member


class Actor:
    """One of the threads of a script."""

    def __init__(self, number, ended):
        self.number = number
        self.orders = queue.SimpleQueue()
        self.ended = ended
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            kind, subject, step, op, args = self.orders.get()
            try:
                outcome = {"value": operate(kind, subject, self.number, op, args)}
            except Exception as error:
                outcome = {"error": type(error).__name__}
            self.ended.put((self.number, step, outcome))


def conduct(script, actors, ended):
    subject = make(script["kind"], script["make"])
    outcomes = [None] * len(script["steps"])
    for number, step in enumerate(script["steps"]):
        before = waiters(subject)
        order = (script["kind"], subject, number, step["op"], step["args"])
        actors[step["thread"]].orders.put(order)
        missing = set(step["ends"])
        while missing:
            try:
                thread, of, outcome = ended.get(timeout=STUCK)
            except queue.Empty:
                raise SystemExit(f"stuck at step {number} of {json.dumps(script)}: {outcomes}")
            outcomes[of] = {**outcome, "at": number}
            missing.discard(thread)
        if step["blocks"]:
            deadline = time.monotonic() + STUCK
            while before is not None and waiters(subject) <= before and time.monotonic() < deadline:
                time.sleep(0.00005)
            if before is None:
                time.sleep(0.0005)
    if script["kind"] == "Future":
        for pool in subject:
            pool.executor.shutdown()
    return outcomes


def main():
    ended = queue.SimpleQueue()
    actors = [Actor(number, ended) for number in range(THREADS)]
    scripts = json.load(sys.stdin)
    json.dump([conduct(script, actors, ended) for script in scripts], sys.stdout)


main()
