import {
  byte,
  END_OF_TIME,
  flag,
  integer,
  list,
  record,
  type Saved,
  SavedStateError,
  type Shape,
  time,
  timerState,
  versioned,
} from "../saved.js";

/** Access modes of the control word: how the two bytes of a count are read and written. */
export const ACCESS_LOW = 1;
export const ACCESS_HIGH = 2;
export const ACCESS_BOTH = 3;

/** No tick: what would happen then isn't going to. */
export const NEVER = -1;
const tick = integer(NEVER, END_OF_TIME);

const fields = record({
  mode: integer(0, 5),
  access: integer(ACCESS_LOW, ACCESS_BOTH),
  bcd: flag,
  gate: flag,
  /** The count register (CR), as a number of ticks: never 0, which stands for the largest count. */
  reload: integer(1, 0x10000),
  /** A whole count was written since the control word. */
  written: flag,
  /** That count, or an earlier one, has reached the counting element (CE). */
  loaded: flag,
  nullCount: flag,
  /** When CR goes to CE. */
  loadAt: tick,
  /** CE held `count` at tick `start` and counts down from there; while not counting, it holds `count`. */
  counting: flag,
  count: integer(0, 0x10000),
  start: integer(-0x10000, END_OF_TIME),
  /** When a count that runs once (modes 0, 1, 4 and 5) reaches 0. */
  expires: tick,
  /** Rising edges of OUT up to the tick `seen`, that nobody has taken. */
  rises: time,
  seen: time,
  /** The first byte of a count of two, and whether it was written. */
  low: byte,
  writeHigh: flag,
  readHigh: flag,
  /** Latched count, or NEVER. */
  latch: integer(NEVER, 0xffff),
  /** Latched status, or NEVER. */
  status: integer(NEVER, 0xff),
});
export type ChannelState = Saved<typeof fields>;

/** A period of less than two ticks would be none. */
const channelState: Shape<ChannelState> = (value, path) => {
  const state = fields(value, path);
  if (state.counting && (state.mode === 2 || state.mode === 3) && state.count < 2) throw new SavedStateError(`${path}.count`, "no period");
  return state;
};

export const pitState = versioned(1, {
  channels: list(channelState, 3),
  /** Ticks to catch up. */
  lost: integer(0, 0xffffff),
  timer: timerState,
});
export type PitState = Saved<typeof pitState>;
