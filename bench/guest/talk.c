// Console traffic whose every byte its reader can predict: lines "said N TEXT", and for each line that comes in "heard LINE".
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include "row.h"

enum { LETTERS = 60, INTERVAL_MS = 20 };

static void say(uint32_t number) {
  char text[LETTERS + 1] = "";
  uint32_t seed = number + 1;
  for (int i = 0; i < LETTERS; i++) text[i] = 'a' + next_random(&seed) % 26;
  printf("said %u %s\n", number, text);
  fflush(stdout);
}

int main(void) {
  // Other processes write lines meanwhile: what the terminal echoes would get between them.
  struct termios terminal;
  tcgetattr(0, &terminal);
  terminal.c_lflag &= ~ECHO;
  tcsetattr(0, TCSANOW, &terminal);
  char line[256];
  setvbuf(stdin, NULL, _IONBF, 0);
  for (uint32_t number = 0;; number++) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    if (poll(&input, 1, INTERVAL_MS) > 0 && fgets(line, sizeof line, stdin)) {
      printf("heard %s", line);
      fflush(stdout);
    }
    say(number);
  }
}
