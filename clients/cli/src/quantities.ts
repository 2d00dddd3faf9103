/** Sizes and times, as people write and read them. */
import { UsageError } from "./usage-error.js";

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90`, `90s`, `15m`, `2h`, `7d`; undefined where nothing is said. @throws UsageError */
export function secondsOf(option: string, text: string): number;
export function secondsOf(option: string, text: string | undefined): number | undefined;
export function secondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const found = /^(\d{1,9})([smhd]?)$/.exec(text);
  if (found === null) throw new UsageError(`--${option} is a time like 90, 15m, 2h or 7d, and not ${JSON.stringify(text)}`);
  return Number(found[1]) * seconds[(found[2] || "s") as keyof typeof seconds];
}

/** undefined where nothing is said. @throws UsageError */
export function wholeNumber(option: string, text: string): number;
export function wholeNumber(option: string, text: string | undefined): number | undefined;
export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${option} is a whole number, and not ${JSON.stringify(text)}`);
  return Number(text);
}

/** How long ago, in the largest unit that fits. */
export function age(time: string, now: number = Date.now()): string {
  const passed = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  const [unit, size] = Object.entries(seconds)
    .reverse()
    .find(([, each]) => passed >= each) ?? ["s", 1];
  return `${Math.floor(passed / size)}${unit}`;
}

const prefixes = ["", "Ki", "Mi", "Gi", "Ti"];

export function bytes(count: number): string {
  const power = Math.min(count < 1 ? 0 : Math.floor(Math.log2(count) / 10), prefixes.length - 1);
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${prefixes[power]}B`;
}
