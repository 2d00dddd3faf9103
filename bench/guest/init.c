// The guest's first program. The kernel hands it the words of its command line that it doesn't know as environment variables:
//   scale=0.5 rows=integer,fork    one pass over the rows, or so many as repeats=10 says
//   scale=0.02 soak=1              programs at once, for ever: rows in several processes, fork storms, and a talk on the console
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 60 };

static pid_t start(char *const words[]) {
  pid_t child = fork();
  if (child == 0) {
    execv(words[0], words);
    _exit(127);
  }
  return child;
}

// `bench` with its scale and what is to run: `rows` is a list with commas, "" for all.
static pid_t start_rows(const char *option, const char *rows) {
  char *scale = getenv("scale"), *words[WORDS + 5] = {"/bench", "-s", scale ? scale : "1"};
  int count = 3;
  if (*option) words[count++] = (char *)option;
  for (char *row = strtok(strdup(rows), ","); row && count < WORDS; row = strtok(NULL, ",")) words[count++] = row;
  return start(words);
}

int main(void) {
  const char *rows = getenv("rows"), *repeats = getenv("repeats");
  printf("bench ready\n");
  fflush(stdout);
  if (getenv("soak")) {
    char *const talk[] = {"/talk", NULL};
    start_rows("-r", "integer,memory,x87,sse2");
    start_rows("-r", "fresh-code");
    start_rows("-r", "fork,exec");
    start_rows("-r", "pipe,pagefault,getpid");
    start(talk);
    while (wait(NULL) > 0) printf("failed soak process 1\n");
  } else {
    for (int left = repeats ? atoi(repeats) : 1; left > 0; left--) {
      waitpid(start_rows("", rows ? rows : ""), NULL, 0);
      printf("bench pass\n");
      fflush(stdout);
    }
    printf("bench done\n");
  }
  fflush(stdout);
  // What has ended us so far is whoever reads "bench done"; the first program must not return.
  for (;;) pause();
}
