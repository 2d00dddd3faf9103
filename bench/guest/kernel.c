// Crossings into the kernel: system calls, processes, their communication, and page tables.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "row.h"

static void must(int holds) {
  if (!holds) abort();
}

static uint32_t exit_code(pid_t child) {
  int status;
  must(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

static uint32_t system_calls(uint32_t units) {
  uint32_t same = 0, self = getpid();
  for (uint32_t i = 0; i < 100 * units; i++) same += (uint32_t)syscall(SYS_getpid) == self;
  return same;
}

static uint32_t forks(uint32_t units) {
  uint32_t sum = FOLD_START;
  for (uint32_t unit = 0; unit < units; unit++) {
    pid_t child = fork();
    if (child == 0) _exit(unit & 0x7f);
    sum = fold(sum, exit_code(child));
  }
  return sum;
}

static pid_t start_self(void) {
  pid_t child = vfork();
  if (child == 0) {
    execl(own_path, own_path, END_AT_ONCE, (char *)0);
    _exit(127);
  }
  return child;
}

static uint32_t executions(uint32_t units) {
  uint32_t sum = FOLD_START;
  for (; units > 0; units--) sum = fold(sum, exit_code(start_self()));
  return sum;
}

// A byte goes to another process and comes back changed: two switches of address spaces each time.
static uint32_t pipe_round_trips(uint32_t units) {
  int there[2], back[2];
  uint8_t byte = 1;
  uint32_t sum = FOLD_START;
  must(pipe(there) == 0 && pipe(back) == 0);
  pid_t child = fork();
  if (child == 0) {
    close(there[1]);
    while (read(there[0], &byte, 1) == 1) {
      byte = byte * 5 + 3;
      must(write(back[1], &byte, 1) == 1);
    }
    _exit(0);
  }
  for (uint32_t i = 0; i < 10 * units; i++) {
    must(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1);
    sum = fold(sum, byte);
  }
  close(there[1]);
  return fold(sum, exit_code(child));
}

// Fresh pages one after the other, then half of them made read-only, read again and given back.
static uint32_t page_faults(uint32_t units) {
  enum { PAGES = 256, PAGE = 4096 };
  uint32_t sum = FOLD_START;
  for (uint32_t unit = 0; unit < units; unit++) {
    uint8_t *pages = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(pages != MAP_FAILED);
    for (uint32_t i = 0; i < PAGES; i++) pages[i * PAGE + unit % PAGE] = i;
    must(mprotect(pages, PAGES * PAGE / 2, PROT_READ) == 0);
    for (uint32_t i = 0; i < PAGES; i++) sum = fold(sum, pages[i * PAGE + unit % PAGE]);
    must(munmap(pages, PAGES * PAGE) == 0);
  }
  return sum;
}

const struct row kernel_rows[] = {
    {"kernel", "getpid", 15000, system_calls},  {"kernel", "fork", 3000, forks}, {"kernel", "exec", 250, executions},
    {"kernel", "pipe", 7000, pipe_round_trips}, {"kernel", "pagefault", 700, page_faults}, {0},
};
