import { describe, expect, it } from "vitest";
import { readCpioFiles, writeCpio } from "../../src/images/cpio.js";
import { ImageError } from "../../src/images/image-error.js";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("cpio archives", () => {
  it("writes the header that the kernel's unpacker reads", () => {
    const archive = Buffer.from(writeCpio([{ kind: "file", path: "init", data: bytes("hello"), mode: 0o755 }])).toString("latin1");
    const fields = "00000001 000081ed 00000000 00000000 00000001 00000000 00000005 00000000 00000000 00000000 00000000 00000005 00000000";
    // 110 bytes of header and 5 of name are padded to 116, 5 of data to 8.
    expect(archive.startsWith(`070701${fields.replaceAll(" ", "")}init\0\0hello\0\0\x00070701`)).toBe(true);
    expect(archive.length % 4).toBe(0);
    expect(archive).toContain("TRAILER!!!\0");
  });

  it("writes directories, links and devices with their types", () => {
    const archive = Buffer.from(
      writeCpio([
        { kind: "directory", path: "dev" },
        { kind: "character", path: "dev/console", major: 5, minor: 1 },
        { kind: "link", path: "bin/sh", target: "busybox" },
      ]),
    ).toString("latin1");
    const modes = [...archive.matchAll(/070701.{8}(.{8})/g)].map((match) => match[1]);
    expect(modes).toEqual(["000041ed", "00002180", "0000a1ff", "00000000"]);
    expect(archive).toMatch(/0000000500000001.{16}dev\/console\0/);
    expect(archive).toContain("bin/sh\0\0\0\0busybox\0");
  });

  it("reads back the files it wrote", () => {
    const files: [string, Uint8Array][] = [
      ["manifest.json", bytes("{}")],
      ["kernel", new Uint8Array(1001).map((_, index) => index)],
      ["empty", new Uint8Array()],
    ];
    const archive = writeCpio(files.map(([path, data]) => ({ kind: "file", path, data })));
    expect([...readCpioFiles(archive)].map(([path, data]) => [path, [...data]])).toEqual(files.map(([path, data]) => [path, [...data]]));
  });

  it.each([
    ["a directory", writeCpio([{ kind: "directory", path: "x" }])],
    ["a symbolic link", writeCpio([{ kind: "link", path: "x", target: "/etc/passwd" }])],
    ["a device", writeCpio([{ kind: "character", path: "x", major: 1, minor: 1 }])],
    [
      "a name twice",
      writeCpio([
        { kind: "file", path: "x", data: bytes("1") },
        { kind: "file", path: "x", data: bytes("2") },
      ]),
    ],
    ["an empty name", writeCpio([{ kind: "file", path: "", data: bytes("1") }])],
    ["a name with a zero in it", writeCpio([{ kind: "file", path: "a\0b", data: bytes("1") }])],
    ["something else", bytes("x".repeat(500))],
  ])("refuses to read %s", (_name, archive) => {
    expect(() => readCpioFiles(archive)).toThrow(ImageError);
  });

  it("refuses an archive that ends anywhere before its trailer", () => {
    const archive = writeCpio([{ kind: "file", path: "kernel", data: bytes("0123456789") }]);
    const trailer = archive.length - 124;
    for (let end = 0; end < trailer + 120; end++) expect(() => readCpioFiles(archive.subarray(0, end))).toThrow(ImageError);
  });

  it("refuses a size beyond the archive", () => {
    const archive = writeCpio([{ kind: "file", path: "kernel", data: bytes("0123456789") }]).slice();
    archive.set(bytes("ffffffff"), 6 + 6 * 8);
    expect(() => readCpioFiles(archive)).toThrow(/truncated/);
  });
});
