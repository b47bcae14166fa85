/*
 * Threads that contend for one default pthread mutex, each adding to one counter:
 * what `src/workers/contend.ts` does, in C.
 *
 *   pthread_mutex THREADS ITERATIONS INSIDE OUTSIDE
 *
 * Prints nanoseconds per acquire-release pair: from the first thread's begin to the last one's end, by all
 * pairs. INSIDE and OUTSIDE are
 * rounds of a linear congruential generator while the mutex is held, and after its release.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static volatile int32_t counter;
static volatile uint32_t sink;
static long iterations, inside, outside;

static uint32_t spin(long rounds) {
  volatile uint32_t guard = 1;
  uint32_t x = guard;
  for (long i = 0; i < rounds; i++) x = x * 1664525u + 1013904223u;
  return x;
}

static void pairs(long count) {
  for (long i = 0; i < count; i++) {
    pthread_mutex_lock(&mutex);
    counter = counter + 1;
    if (inside > 0) sink = spin(inside);
    pthread_mutex_unlock(&mutex);
    if (outside > 0) sink = spin(outside);
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct lap {
  double began, ended;
};

static void *body(void *argument) {
  struct lap *lap = argument;
  pairs(iterations / 10);
  pthread_barrier_wait(&barrier);
  lap->began = now();
  pairs(iterations);
  lap->ended = now();
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int threads = atoi(argv[1]);
  iterations = atol(argv[2]);
  inside = atol(argv[3]);
  outside = atol(argv[4]);
  pthread_barrier_init(&barrier, NULL, (unsigned)threads);
  pthread_t *ids = calloc((size_t)threads, sizeof *ids);
  struct lap *laps = calloc((size_t)threads, sizeof *laps);
  for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, body, &laps[i]);
  double began = 0, ended = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    if (i == 0 || laps[i].began < began) began = laps[i].began;
    if (i == 0 || laps[i].ended > ended) ended = laps[i].ended;
  }
  if (counter != (int32_t)(threads * (iterations + iterations / 10))) return 1;
  printf("%f\n", (ended - began) / ((double)threads * (double)iterations));
  return 0;
}
