/** What bench/guest/talk.c says, computed here: the same letters from the same numbers. */

const LETTERS = 60;

export function talkText(number: number): string {
  let state = (number + 1) | 0;
  let text = "";
  for (let i = 0; i < LETTERS; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    text += String.fromCharCode(97 + ((state >>> 0) % 26));
  }
  return text;
}
