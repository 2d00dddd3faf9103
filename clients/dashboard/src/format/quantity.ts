/** Figures as people read them: three digits at most, and a unit. */

const steps = ["", "k", "M", "G", "T"] as const;

/** `1234567` -> `1.23 M` */
export function count(value: number): string {
  let [scaled, step] = [value, 0];
  while (Math.abs(scaled) >= 999.5 && step < steps.length - 1) {
    scaled /= 1000;
    step++;
  }
  const unit = steps[step];
  return `${digits(scaled)}${unit && ` ${unit}`}`;
}

/** Per second. */
export function rate(value: number, unit = ""): string {
  return `${count(value)}${unit}/s`;
}

const byteSteps = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export function bytes(value: number): string {
  let [scaled, step] = [value, 0];
  while (Math.abs(scaled) >= 1023.5 && step < byteSteps.length - 1) {
    scaled /= 1024;
    step++;
  }
  return `${digits(scaled)} ${byteSteps[step]}`;
}

export function byteRate(value: number): string {
  return `${bytes(value)}/s`;
}

export function mebibytes(value: number): string {
  return bytes(value * 1024 * 1024);
}

/** `0.123` -> `12.3 %` */
export function percent(fraction: number): string {
  return `${digits(fraction * 100)} %`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.01) return "<0.01";
  const places = size >= 99.5 ? 0 : size >= 9.95 ? 1 : 2;
  return String(Number(value.toFixed(places)));
}
