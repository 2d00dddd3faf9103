/**
 * The root file system of debian-mini: Debian's static busybox as init and as every command, and mksh as the shell on the serial console. (busybox's own
 * shell asks the terminal where its cursor is after each prompt; a scrollback that is replayed into a terminal would have it answer again.)
 */
import { type CpioEntry, writeCpio } from "./cpio.js";

/**
 * busybox init turns the kernel's Ctrl-Alt-Del into a shutdown. With a login shell's "-" it makes the port the shell's controlling terminal, so
 * that Ctrl-C and job control work.
 */
const INITTAB = `::sysinit:/etc/rc
ttyS0::respawn:-/bin/mksh
::ctrlaltdel:/sbin/poweroff
::shutdown:umount -a -r 2>/dev/null
`;

const RC = `#!/bin/sh
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
hostname debian-mini
ip link set lo up
read up idle </proc/uptime
echo "debian-mini ready: Linux $(uname -r), up $up s"
`;

/** Beyond COLUMNS the shell would scroll the line sideways; up to there, it is echoed as it was typed, and the terminal wraps it. */
const PROFILE = `export HOME=/root PATH=/usr/bin:/usr/sbin:/bin:/sbin
PS1='debian-mini:$PWD# ' COLUMNS=512
cd
`;

/** A line of the console that begins with this says that init is up. */
export const READY_LINE = "debian-mini ready:";

const text = (path: string, content: string, mode = 0o644): CpioEntry => ({ kind: "file", path, data: Buffer.from(content), mode });
const folders = ["bin", "dev", "etc", "proc", "root", "sbin", "sys", "tmp", "usr", "usr/bin", "usr/sbin"];

const configuration: CpioEntry[] = [
  ...folders.map((path): CpioEntry => ({ kind: "directory", path, mode: path === "tmp" ? 0o1777 : 0o755 })),
  { kind: "character", path: "dev/console", major: 5, minor: 1, mode: 0o600 },
  { kind: "link", path: "init", target: "bin/busybox" },
  { kind: "link", path: "bin/sh", target: "busybox" },
  text("etc/inittab", INITTAB),
  text("etc/rc", RC, 0o755),
  text("etc/profile", PROFILE),
  text("etc/passwd", "root:x:0:0:root:/root:/bin/mksh\n"),
  text("etc/group", "root:x:0:\n"),
  text("etc/hosts", "127.0.0.1 localhost debian-mini\n"),
];

/** Everything of the root but the programs: what an image's content depends on besides its packages. */
export const miniRootConfiguration = Buffer.from(writeCpio(configuration)).toString("latin1");

/** The root as a cpio archive. */
export function miniRoot(busybox: Uint8Array, mksh: Uint8Array): Uint8Array {
  return writeCpio([
    ...configuration,
    { kind: "file", path: "bin/busybox", data: busybox, mode: 0o755 },
    { kind: "file", path: "bin/mksh", data: mksh, mode: 0o755 },
  ]);
}
