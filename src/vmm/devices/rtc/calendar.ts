/** Registers of the MC146818A, named as in its data sheet; the century is where PCs keep it. */
export const SECONDS = 0x00;
export const SECONDS_ALARM = 0x01;
export const MINUTES = 0x02;
export const MINUTES_ALARM = 0x03;
export const HOURS = 0x04;
export const HOURS_ALARM = 0x05;
export const DAY_OF_WEEK = 0x06;
export const DAY = 0x07;
export const MONTH = 0x08;
export const YEAR = 0x09;
export const REGISTER_A = 0x0a;
export const REGISTER_B = 0x0b;
export const REGISTER_C = 0x0c;
export const REGISTER_D = 0x0d;
export const CENTURY = 0x32;

/** Register B. */
export const B_SET = 0x80;
export const B_PIE = 0x40;
export const B_AIE = 0x20;
export const B_UIE = 0x10;
export const B_BINARY = 0x04;
export const B_24_HOURS = 0x02;

const PM = 0x80;
const DAY_SECONDS = 86_400;

/**
 * The time and alarm registers, as bytes in the format that register B says (BCD or binary, 12 or 24 hours). A guest may write anything there;
 * what is no time becomes one at the next update, by carrying over.
 */
export class Calendar {
  readonly #ram: Uint8Array;

  constructor(ram: Uint8Array) {
    this.#ram = ram;
  }

  /** `ms`: since 1970, UTC. */
  set(ms: number): void {
    const date = new Date(ms);
    this.#setDate(date);
    this.#ram[DAY_OF_WEEK] = date.getUTCDay() + 1;
  }

  /** Moves the time registers on. */
  advance(seconds: number): void {
    const ram = this.#ram;
    const days = Math.floor((this.#timeOfDay + seconds) / DAY_SECONDS);
    const year = this.#decode(ram[CENTURY]) * 100 + this.#decode(ram[YEAR]);
    const month = this.#decode(ram[MONTH]) - 1;
    this.#setDate(new Date(Date.UTC(year, month, this.#decode(ram[DAY]), 0, 0, this.#timeOfDay + seconds)));
    ram[DAY_OF_WEEK] = ((((ram[DAY_OF_WEEK] + 6) % 7) + days) % 7) + 1;
  }

  /** Seconds from the time in the registers to the next that the alarm matches, at least 1; Infinity if none does. */
  secondsToAlarm(): number {
    const seconds = this.#alarm(SECONDS_ALARM, 60);
    const minutes = this.#alarm(MINUTES_ALARM, 60);
    const hours = this.#alarm(HOURS_ALARM, 24);
    if (Number.isNaN(seconds + minutes + hours)) return Number.POSITIVE_INFINITY;
    const now = this.#timeOfDay;
    let at = now + 1;
    // From the seconds up: a field that doesn't match yet goes to its next match, and what is below it to its first.
    if (seconds !== ANY) at += (seconds - (at % 60) + 60) % 60;
    if (minutes !== ANY && Math.floor(at / 60) % 60 !== minutes) {
      const hour = Math.floor(at / 3600) * 3600;
      at = hour + minutes * 60 + first(seconds);
      if (at <= now) at += 3600;
    }
    if (hours !== ANY && Math.floor(at / 3600) % 24 !== hours) {
      const day = Math.floor(at / DAY_SECONDS) * DAY_SECONDS;
      at = day + hours * 3600 + first(minutes) * 60 + first(seconds);
      if (at <= now) at += DAY_SECONDS;
    }
    return at - now;
  }

  #setDate(date: Date): void {
    const ram = this.#ram;
    const year = date.getUTCFullYear();
    ram[SECONDS] = this.#encode(date.getUTCSeconds());
    ram[MINUTES] = this.#encode(date.getUTCMinutes());
    ram[HOURS] = this.#encodeHours(date.getUTCHours());
    ram[DAY] = this.#encode(date.getUTCDate());
    ram[MONTH] = this.#encode(date.getUTCMonth() + 1);
    ram[YEAR] = this.#encode(year % 100);
    ram[CENTURY] = this.#encode(Math.floor(year / 100) % 100);
  }

  get #timeOfDay(): number {
    const ram = this.#ram;
    const seconds = this.#decodeHours(ram[HOURS]) * 3600 + this.#decode(ram[MINUTES]) * 60 + this.#decode(ram[SECONDS]);
    return seconds % DAY_SECONDS;
  }

  /** An alarm register: ANY if its two upper bits are set, NaN if no time can match it. */
  #alarm(register: number, limit: number): number {
    const value = this.#ram[register];
    if ((value & 0xc0) === 0xc0) return ANY;
    const decoded = register === HOURS_ALARM ? this.#decodeHours(value) : this.#decode(value);
    return decoded < limit ? decoded : Number.NaN;
  }

  #decode(value: number): number {
    return (this.#ram[REGISTER_B] & B_BINARY) !== 0 ? value : (value >> 4) * 10 + (value & 15);
  }

  #encode(value: number): number {
    return (this.#ram[REGISTER_B] & B_BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | (value % 10);
  }

  #decodeHours(value: number): number {
    if ((this.#ram[REGISTER_B] & B_24_HOURS) !== 0) return this.#decode(value);
    return (this.#decode(value & ~PM) % 12) + ((value & PM) === 0 ? 0 : 12);
  }

  #encodeHours(hours: number): number {
    if ((this.#ram[REGISTER_B] & B_24_HOURS) !== 0) return this.#encode(hours);
    return this.#encode(hours % 12 === 0 ? 12 : hours % 12) | (hours < 12 ? 0 : PM);
  }
}

/** An alarm field that matches whatever the time is. */
const ANY = -1;

function first(field: number): number {
  return field === ANY ? 0 : field;
}
