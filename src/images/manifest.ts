/** What a prepared image is made of: `manifest.json` in its folder and in its archive. Checked by hand, as the start of a machine has no time to load a library for it. */
export interface Manifest {
  format: 1;
  name: string;
  recipe: string;
  files: { kernel: FileSum; initrd: FileSum };
  packages: { name: string; version: string; sha256: string }[];
}

export interface FileSum {
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

export const MANIFEST_FILE = "manifest.json";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isSum: Check = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isSize: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** These fields, and no others. */
const isRecordOf =
  (fields: Record<string, Check>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length === Object.keys(fields).length &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const isFileSum = isRecordOf({ bytes: isSize, sha256: isSum });
const isManifest = isRecordOf({
  format: (value) => value === 1,
  name: isText,
  recipe: isText,
  files: isRecordOf({ kernel: isFileSum, initrd: isFileSum }),
  packages: isListOf(isRecordOf({ name: isText, version: isText, sha256: isSum })),
});

/** null where the text is not a manifest. */
export function parseManifest(text: string): Manifest | null {
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) ? (value as Manifest) : null;
  } catch {
    return null;
  }
}
