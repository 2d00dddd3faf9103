// The guest's first program. The kernel hands it the words of its command line that it doesn't know as environment variables:
//   scale=0.5 rows=integer,fork    one pass over the rows
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
static pid_t start_rows(const char *option, char *rows) {
  char *scale = getenv("scale"), *words[WORDS + 5] = {"/bench", "-s", scale ? scale : "1"};
  int count = 3;
  if (*option) words[count++] = (char *)option;
  for (char *row = strtok(rows, ","); row && count < WORDS; row = strtok(NULL, ",")) words[count++] = row;
  return start(words);
}

int main(void) {
  char *rows = getenv("rows");
  printf("bench ready\n");
  fflush(stdout);
  if (getenv("soak")) {
    char computing[] = "integer,memory,x87,sse2", code[] = "fresh-code", storms[] = "fork,exec", rest[] = "pipe,pagefault,getpid";
    char *const talk[] = {"/talk", NULL};
    start_rows("-r", computing);
    start_rows("-r", code);
    start_rows("-r", storms);
    start_rows("-r", rest);
    start(talk);
    while (wait(NULL) > 0) printf("failed soak process 1\n");
  } else {
    char all[] = "";
    waitpid(start_rows("", rows ? rows : all), NULL, 0);
    printf("bench done\n");
  }
  fflush(stdout);
  // What has ended us so far is whoever reads "bench done"; the first program must not return.
  for (;;) pause();
}
