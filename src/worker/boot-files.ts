import type { ImageWithFiles } from "../store/images.js";
import type { BootFiles } from "../vmx/spec.js";
import type { HostFiles } from "./boot-source.js";

/**
 * What a VM process is to boot, by the image's kind. Multiboot kernels and modules are told a name as first word, as boot loaders have it: the image's,
 * and `module`; paths of this host are nothing to a guest.
 */
export function bootFiles({ kind, name }: Pick<ImageWithFiles, "kind" | "name">, files: HostFiles, cmdline: string): BootFiles {
  const { kernel, initrd, module } = files;
  if (kind !== "multiboot") return { kind: "linux", kernel, initrd, cmdline };
  const modules = module === undefined ? [] : [{ file: module, cmdline: "module" }];
  return { kind: "multiboot", kernel, cmdline: cmdline === "" ? name : `${name} ${cmdline}`, modules };
}
