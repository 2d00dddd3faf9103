// bench [-s SCALE] [-r] [GROUP|ROW]...    all rows where none is named; -r: again and again, for ever
// For each row a line:  row GROUP NAME SECONDS UNITS CHECKSUM    or, where it ended badly:  failed GROUP NAME WAIT-STATUS
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "row.h"

static const struct row *const sets[] = {integer_rows, memory_rows, x87_rows, trigonometry_rows, sse2_rows, packed_rows, kernel_rows, fresh_code_rows};
#define SETS (sizeof sets / sizeof *sets)
const char *own_path;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void run(const struct row *row, double scale) {
  uint32_t units = row->units * scale;
  if (units == 0) units = 1;
  double start = now();
  uint32_t sum = row->run(units);
  printf("row %s %s %.6f %u %08x\n", row->group, row->name, now() - start, units, sum);
}

// In a process of its own: no row sees another's memory, and one that crashes costs itself.
static void run_apart(const struct row *row, double scale) {
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    run(row, scale);
    exit(0);
  }
  waitpid(child, &status, 0);
  if (status != 0) printf("failed %s %s %d\n", row->group, row->name, status);
  fflush(stdout);
}

static bool wanted(const struct row *row, char **names) {
  if (!*names) return true;
  for (; *names; names++)
    if (strcmp(row->name, *names) == 0 || strcmp(row->group, *names) == 0) return true;
  return false;
}

// A name that is neither a group's nor a row's; NULL where there is none.
static const char *unknown(char **names) {
  for (; *names; names++) {
    char *alone[] = {*names, NULL};
    bool found = false;
    for (size_t set = 0; set < SETS; set++)
      for (const struct row *row = sets[set]; row->name; row++) found |= wanted(row, alone);
    if (!found) return *names;
  }
  return NULL;
}

int main(int count, char **arguments) {
  double scale = 1;
  bool forever = false;
  own_path = arguments[0];
  if (count == 2 && strcmp(arguments[1], END_AT_ONCE) == 0) return 7;
  for (int option; (option = getopt(count, arguments, "s:r")) != -1;) {
    if (option == 's') scale = atof(optarg);
    else if (option == 'r') forever = true;
    else return 2;
  }
  const char *stranger = unknown(arguments + optind);
  if (stranger) {
    printf("there is no group or row \"%s\"\n", stranger);
    return 2;
  }
  do {
    for (size_t set = 0; set < SETS; set++)
      for (const struct row *row = sets[set]; row->name; row++)
        if (wanted(row, arguments + optind)) run_apart(row, scale);
  } while (forever);
  return 0;
}
