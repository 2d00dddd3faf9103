/**
 * Debian packages for i386, fetched through the host's own apt-get with a private state folder: no root, nothing installed, nothing of the host's
 * configuration or state written. Proxies and credentials of the host's configuration apply; apt-get checks signatures and sums.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { debianSources } from "./debian-source.js";
import { CARRY_HINT, ImageError } from "./image-error.js";
import { type ProgramResult, runPipe, runProgram } from "./program.js";

export interface DebianPackage {
  name: string;
  version: string;
  /** Path of the .deb file, and its sum. */
  file: string;
  sha256: string;
}

/** What the host's configuration must not do in a private run. Comes after it, so that it wins; paths come as options, which need no quoting. */
const CONFIGURATION = `
#clear APT::Architectures;
APT::Architectures { "i386"; };
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;

export class DebianPackages {
  private constructor(
    private readonly folder: string,
    private readonly options: readonly string[],
    private readonly updated: ProgramResult,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Reads the mirrors' package lists.
   * @param folder an existing, empty folder; whoever made it removes it
   * @param onFraction 0 to 1
   * @throws ImageError `package_client_missing`, `package_source_unavailable`
   */
  static async open(folder: string, onFraction: (done: number) => void, signal?: AbortSignal): Promise<DebianPackages> {
    const at = (path: string) => join(folder, path);
    for (const path of ["lists/partial", "cache/archives/partial", "none", "unpacked"]) await mkdir(at(path), { recursive: true });
    await writeFile(at("status"), "");
    await writeFile(at("apt.conf"), CONFIGURATION);
    await writeFile(at("debian.sources"), await debianSources(at("lists"), signal));
    const settings = {
      "Dir::State": folder,
      "Dir::State::lists": at("lists"),
      "Dir::State::status": at("status"),
      "Dir::Cache": at("cache"),
      "Dir::Cache::archives": at("cache/archives"),
      "Dir::Etc::sourcelist": at("debian.sources"),
      "Dir::Etc::sourceparts": at("none"),
      "Dir::Etc::preferences": at("none/preferences"),
      "Dir::Etc::preferencesparts": at("none"),
      "APT::Architecture": "i386",
      // As root, apt-get would drop to a user that cannot write here.
      "APT::Sandbox::User": "root",
      "Acquire::Retries": "3",
      "APT::Status-Fd": "3",
    };
    const options = ["-c", at("apt.conf"), "-q", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
    // The exit code says that one list of several is missing as well as that nothing was reached: what can be downloaded then, shows.
    const updated = await runProgram("apt-get", [...options, "update"], { signal, onStatusLine: downloadStatus(onFraction) });
    return new DebianPackages(folder, options, updated, signal);
  }

  /** Downloads one package. @throws ImageError `package_source_unavailable` with what apt-get says */
  async download(name: string, onFraction: (done: number) => void): Promise<DebianPackage> {
    const folder = join(this.folder, "packages", name);
    await mkdir(folder, { recursive: true });
    const result = await runProgram("apt-get", [...this.options, "download", name], {
      cwd: folder,
      signal: this.signal,
      onStatusLine: downloadStatus(onFraction),
    });
    const [file] = await readdir(folder);
    if (result.code !== 0 || !file) {
      const said = [this.updated.stderr, result.stderr].map((text) => text.trim()).filter(Boolean);
      throw new ImageError(
        "package_source_unavailable",
        `The mirrors of this host did not give the package "${name}". ${CARRY_HINT}\n${said.join("\n")}`,
      );
    }
    const path = join(folder, file);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    // apt-get writes the colon of an epoch as %3a.
    return { name, version: decodeURIComponent(file.split("_")[1]), file: path, sha256: hash.digest("hex") };
  }

  /** The package's dependencies, as its control file has them. */
  async dependencies(of: DebianPackage): Promise<string> {
    return (await runProgram("dpkg-deb", ["-f", of.file, "Depends"], { signal: this.signal })).stdout.trim();
  }

  /** Unpacks single files of a package and gives their paths, in the same order. @param members absolute paths within the package */
  async unpack(from: DebianPackage, members: readonly string[]): Promise<string[]> {
    const folder = join(this.folder, "unpacked", from.name);
    await mkdir(folder, { recursive: true });
    const tar = ["tar", "-x", "--no-same-owner", "-C", folder, "-f", "-", ...members.map((member) => `.${member}`)] as [
      string,
      ...string[],
    ];
    await runPipe(["dpkg-deb", "--fsys-tarfile", from.file], tar, { signal: this.signal });
    return members.map((member) => join(folder, member));
  }
}

/** Progress as apt-get reports it: `dlstatus:1:20.5:Retrieving file 1 of 3`. */
function downloadStatus(onFraction: (done: number) => void): (line: string) => void {
  return (line) => {
    const percent = /^dlstatus:[^:]*:([\d.]+):/.exec(line)?.[1];
    if (percent) onFraction(Math.min(Number(percent) / 100, 1));
  };
}
