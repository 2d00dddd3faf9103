/**
 * The shape of what a device saves. A device's `state.ts` declares it once, with the range of every field and a version; the type follows from
 * it, and a state that comes back is checked against it before any device changes. States are plain data (numbers, booleans, arrays,
 * objects): they survive JSON and structured clones.
 */
export class SavedStateError extends Error {
  override name = "SavedStateError";

  /** `path`: which field, as `board.pit.channels.0.mode`. */
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(`saved state: ${path}: ${problem}`);
  }
}

/** Checks a value of unknown origin and returns it (a copy, where it isn't a scalar). Throws SavedStateError. */
export type Shape<T> = (value: unknown, path: string) => T;

/** The type that a shape describes. */
export type Saved<S> = S extends Shape<infer T> ? T : never;

export function integer(min: number, max: number): Shape<number> {
  return (value, path) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      throw new SavedStateError(path, `not an integer from ${min} to ${max}`);
    }
    return value;
  };
}

export const byte = integer(0, 0xff);

/** The latest time of all: 36 years. Integers past 2^53 aren't all exact, but a machine that got there is still saved and restored. */
export const END_OF_TIME = 2 ** 60;

/** Guest time in nanoseconds, or a count of ticks since guest time 0. */
export const time = integer(0, END_OF_TIME);

/** Deadline of a timer in guest time, -1 while it is disarmed. */
export const timerState = integer(-1, END_OF_TIME);

export const flag: Shape<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new SavedStateError(path, "not a boolean");
  return value;
};

/** An array of `min` to `max` elements. */
export function list<T>(element: Shape<T>, min: number, max = min): Shape<T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      throw new SavedStateError(path, `not a list of ${min === max ? min : `${min} to ${max}`}`);
    }
    return value.map((item, index) => element(item, `${path}.${index}`));
  };
}

type Fields = Record<string, Shape<unknown>>;
type Recorded<F extends Fields> = { [K in keyof F]: Saved<F[K]> };

export function record<F extends Fields>(fields: F): Shape<Recorded<F>> {
  return (value, path) => {
    if (typeof value !== "object" || value === null) throw new SavedStateError(path, "not an object");
    const source = value as Record<string, unknown>;
    const checked = Object.entries(fields).map(([name, shape]) => [name, shape(source[name], `${path}.${name}`)]);
    return Object.fromEntries(checked) as Recorded<F>;
  };
}

/** A record that begins with its version. A state of another version is refused: there are no older ones to convert yet. */
export function versioned<V extends number, F extends Fields>(version: V, fields: F): Shape<{ version: V } & Recorded<F>> {
  const shape = record(fields);
  return (value, path) => {
    const found = (value as { version?: unknown } | null | undefined)?.version;
    if (found !== version) throw new SavedStateError(path, `version ${String(found)}, this monitor reads ${version}`);
    return { version, ...shape(value, path) };
  };
}
