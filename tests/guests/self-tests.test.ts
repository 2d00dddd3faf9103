/**
 * Debian's kernels, 686 and 686-pae, with every self-test that they have; and programs of the distribution whose results depend on x87, MMX and SSE2
 * instructions, against what node:crypto and the host's own processor make of the same input.
 */
import { spawn } from "node:child_process";
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ImageError } from "../../src/images/image-error.js";
import { type Flavour, SelfTestParts } from "./self-test-guest.js";

/** Bounds for a hang: a boot with self-tests takes half a minute on an idle machine. */
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const command = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));

/** Everything but what tests speed, fails on purpose or wants hardware. */
const NO_TESTS = ["tcrypt", "test_firmware", "test_user_copy", "notifier-error-inject", "pm-notifier-error-inject", "test_bpf"];

/** Doubles as x87 code keeps them, 64-bit significands in between: each operation of IEEE 754 counts. */
const ARITHMETIC = `
sub show { print join(" ", map { unpack "H*", pack "d>", $_ } @_), "\\n" }
my @v = map { sqrt($_) / 3 } 1..12;
for my $n (1..3000) {
  my ($i, $j) = ($n % 12, ($n * 7 + 5) % 12);
  $v[$i] = ($v[$i] * 1.0000001 + $v[$j] / ($n + 0.25)) - int($v[$j]) * 0.5;
  $v[$j] = sqrt(abs($v[$i] - $v[$j])) + ($n ** 2 - $n) / 7e5;
}
show @v;
my ($inside, $x, $y) = (0);
for my $c (0..899) {
  my ($a, $b) = (($c % 30) / 12 - 2, int($c / 30) / 12 - 1.25);
  ($x, $y) = (0, 0);
  for (1..40) { ($x, $y) = ($x*$x - $y*$y + $a, 2*$x*$y + $b); last if $x*$x + $y*$y > 4 }
  $inside++ if $x*$x + $y*$y <= 4;
}
show $inside, $x, $y;
show map { my $t = $_ * 1.37 - 9; ($t - int $t) * 1e10, $t / 1e300 / 1e15, $t * 1e300 * 1e10 } 1..9;
printf "%.11g %.11g %.11g %.11g %.11g\\n", sin($_ / 3), cos($_ * 1.7), atan2($_, 5), exp($_ / 9), log($_ + 0.1) for 1..40;
print 1e23, " ", 0.1 + 0.2, " ", 123456789 * 987654321, " ", -7 % 3, " ", 2 ** 63, " ", 1 / 3, "\\n";
`;

/** 2^127 - 1, and a product of two primes. */
const NUMBERS = ["170141183460469231731687303715884105727", "340282366920938463463374607431768211457"];
const DIGESTS = ["md5", "sha1", "sha256", "sha512", "sha3-256", "blake2b512", "rmd160"];
const CIPHERS = ["aes-256-cbc", "aes-256-ctr", "camellia-256-cbc", "chacha20"];
const KEY = "00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const IV = "0102030405060708090a0b0c0d0e0f10";
const INPUT_BYTES = 200_000;

/** A line "== name" before what each part prints. */
const SCRIPT = `
echo 1 >/proc/sys/net/core/bpf_jit_enable
depmod
echo == modules
for m in $(find /lib/modules -name '*.ko'); do
  m=$(basename $m .ko)
  case " ${NO_TESTS.join(" ")} " in *" $m "*) ;; *) modprobe $m 2>/dev/null ;; esac
done
echo == compiled programs
modprobe test_bpf test_range=0,400
dmesg | grep 'test_bpf: #'
echo == self-tests
grep -E '^(driver|selftest)' /proc/crypto
echo == log
dmesg
head -c ${INPUT_BYTES} /bin/busybox >/tmp/input
echo == digests
for d in ${DIGESTS.join(" ")}; do openssl dgst -r -$d /tmp/input; done
openssl dgst -r -sha256 -hmac secret /tmp/input
echo == ciphers
for c in ${CIPHERS.join(" ")}; do openssl enc -$c -K ${KEY} -iv ${IV} -in /tmp/input | sha256sum; done
echo == primes
for n in ${NUMBERS.join(" ")}; do openssl prime $n; done
echo == arithmetic
perl -e '${ARITHMETIC.replaceAll("'", "'\\''")}'
echo == end
`;

async function parts(): Promise<SelfTestParts | string> {
  try {
    return await SelfTestParts.fetch();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    console.warn(`skipped, since Debian's packages cannot be had: ${error.message}`);
    return error.message;
  }
}
const had = await parts();
afterAll(async () => {
  if (typeof had !== "string") await had.remove();
});

describe.skipIf(typeof had === "string").each<Flavour>(["686", "686-pae"])("Debian's kernel %s", (flavour) => {
  const sections = new Map<string, string[]>();
  let input: Uint8Array;

  beforeAll(async () => {
    if (typeof had === "string") return;
    const { kernel, initrd } = await had.guest(flavour, SCRIPT);
    input = (await readFile(had.busybox)).subarray(0, INPUT_BYTES);
    const args = ["run", "--kernel", kernel, "--initrd", initrd, "--memory", "192", "--append", "console=ttyS0 quiet panic=1", "--cold"];
    const run = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    run.stdout.setEncoding("latin1").on("data", (text) => {
      out += text;
    });
    const [code] = await once(run, "close");
    expect(code, out.slice(-2000)).toBe(0);
    for (const section of out.replaceAll("\r", "").split("\n== ").slice(1)) {
      const [name, ...lines] = section.split("\n");
      sections.set(name, lines);
    }
    expect([...sections.keys()].at(-1), out.slice(-2000)).toBe("end");
  });

  const section = (name: string): readonly string[] => sections.get(name) ?? [];

  it("finds nothing wrong with its crypto code", () => {
    const text = section("self-tests").join("\n");
    const drivers = [...text.matchAll(/^driver +: (\S+)\nselftest +: (\S+)$/gm)];
    expect(drivers.length).toBeGreaterThan(90);
    expect(drivers.filter(([, , outcome]) => outcome !== "passed").map(([, driver]) => driver)).toEqual([]);
    expect(drivers.map(([, driver]) => driver)).toEqual(
      expect.arrayContaining(["serpent-sse2", "twofish-asm", "sha512-generic"].map((name) => expect.stringContaining(name))),
    );
  });
  it("logs no failure, warning or bug", () => {
    const log = section("log");
    expect(log.length).toBeGreaterThan(200);
    expect(
      log.filter((line) => /alg: .*[Ff]ail|\bBUG\b|WARNING:|Oops|Call Trace|general protection|invalid opcode|divide error/.test(line)),
    ).toEqual([]);
  });
  it("runs BPF programs that it has compiled", () => {
    const results = section("compiled programs");
    expect(results.filter((line) => / jited:1 .*PASS/.test(line)).length).toBeGreaterThan(250);
    // -524: the kernel has no compiler for these instructions on this architecture.
    expect(results.filter((line) => /FAIL/.test(line) && !/err=-524/.test(line))).toEqual([]);
  });
  it("gives its programs right digests, ciphers and primes", () => {
    const digests = DIGESTS.map((name) => createHash(name).update(input).digest("hex"));
    digests.push(createHmac("sha256", "secret").update(input).digest("hex"));
    expect(section("digests").map((line) => line.split(" ")[0])).toEqual(digests);
    const ciphers = CIPHERS.map((name) => {
      const iv = Buffer.from(IV, "hex");
      const cipher = createCipheriv(name, Buffer.from(KEY, "hex"), iv);
      return createHash("sha256").update(cipher.update(input)).update(cipher.final()).digest("hex");
    });
    expect(section("ciphers").map((line) => line.split(" ")[0])).toEqual(ciphers);
    expect(section("primes")).toEqual([expect.stringMatching(/ is prime$/), expect.stringMatching(/ is not prime$/)]);
  });
  it("gives its programs the floating point of the host's own processor", async ({ skip }) => {
    const expected = typeof had === "string" ? undefined : await had.natively("perl", ["-e", ARITHMETIC]);
    if (expected === undefined) {
      console.warn("skipped: this host does not run 32-bit programs");
      skip();
    }
    expect(section("arithmetic")).toEqual(expected?.trimEnd().split("\n"));
  });
});
