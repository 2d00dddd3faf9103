/** Where this host gets Debian packages from, and how that leads to Debian 12: the last release with an i386 kernel. */
import { access, readFile } from "node:fs/promises";
import { CARRY_HINT, ImageError } from "./image-error.js";
import { runProgram } from "./program.js";

const SUITE = "bookworm";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** What a Debian host may call the release it follows, besides by its code name. */
const ALIASES = ["stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"];

interface Source {
  uri: string;
  suite: string;
}

/**
 * The host's own Debian mirrors with suite bookworm, as the text of a deb822 sources file (sources.list(5)). A host of another release is asked for its
 * mirrors too: they carry bookworm as well.
 * @param lists an empty folder for apt-get's state
 * @throws ImageError `package_client_missing`, `package_source_unavailable`
 */
export async function debianSources(lists: string, signal?: AbortSignal): Promise<string> {
  const listing = await runProgram(
    "apt-get",
    [
      ...["-o", `Dir::State::lists=${lists}`],
      ...["indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
    ],
    { signal },
  );
  const sources = chooseSources(listing.stdout, await hostCodename());
  if (sources.length === 0) {
    throw new ImageError(
      "package_source_unavailable",
      `The package sources of this host name no mirror of Debian's releases. ${CARRY_HINT}\n${listing.stderr.trim()}`.trim(),
    );
  }
  const keyring = await access(KEYRING).then(
    () => `Signed-By: ${KEYRING}\n`,
    () => "",
  );
  const stanza = ({ uri, suite }: Source) =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\nArchitectures: i386\nTargets: Packages\nLanguages: none\n${keyring}`;
  return sources.map(stanza).join("\n");
}

/**
 * @param listing lines of "address suite component"
 * @param codename of the host's own release, "" where it has none
 */
export function chooseSources(listing: string, codename: string): Source[] {
  const main = listing
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([uri, , component]) => component === "main" && !uri.startsWith("cdrom:"));
  const following = (names: readonly string[]): Source[] =>
    main.flatMap(([uri, suite]) => {
      const [, base, pocket] = /^(.*?)(-security|-updates)?$/.exec(suite) ?? [];
      return names.includes(base) ? [{ uri, suite: `${SUITE}${pocket ?? ""}` }] : [];
    });
  const own = following([SUITE]);
  const found = own.length > 0 ? own : following([codename, ...ALIASES].filter(Boolean));
  return [...new Map(found.map((source) => [`${source.uri} ${source.suite}`, source])).values()];
}

async function hostCodename(): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^VERSION_CODENAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? "";
}
