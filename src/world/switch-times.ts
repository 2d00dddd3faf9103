import { type LeaveReason, leaveReasons } from "./leave-reason.js";

/** Buckets of a histogram: bucket n counts times below 2^n microseconds that no lower bucket counts; the last takes all the rest. */
export const TIME_BUCKETS = 24;

/** Per reason: count, total microseconds, buckets. All float64, so that nothing overflows. */
const FIELDS = 2 + TIME_BUCKETS;
export const SWITCH_TIMES_BYTES = 8 * FIELDS * leaveReasons.length;

export interface SwitchTime {
  count: number;
  timeUs: number;
  /** Number of switches by time spent out of the VMM: [n] of them took less than 2^n and not less than 2^(n-1) microseconds. */
  histogramUs: number[];
}

/** Counts and times of world switches by reason, in shared memory: the VMM writes, anyone reads. */
export class SwitchTimes {
  private readonly fields: Float64Array;

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.fields = new Float64Array(buffer, offset, SWITCH_TIMES_BYTES / 8);
  }

  add(reason: LeaveReason, us: number): void {
    const first = leaveReasons.indexOf(reason) * FIELDS;
    const bucket = us < 1 ? 0 : Math.min(TIME_BUCKETS - 1, Math.floor(Math.log2(us)) + 1);
    this.fields[first]++;
    this.fields[first + 1] += us;
    this.fields[first + 2 + bucket]++;
  }

  read(): Record<LeaveReason, SwitchTime> {
    const entries = leaveReasons.map((reason, i) => {
      const [count, timeUs, ...histogramUs] = this.fields.subarray(i * FIELDS, (i + 1) * FIELDS);
      return [reason, { count, timeUs: Math.round(timeUs), histogramUs }] as const;
    });
    return Object.fromEntries(entries) as Record<LeaveReason, SwitchTime>;
  }
}
