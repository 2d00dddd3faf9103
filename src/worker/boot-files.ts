import type { ImageWithFiles } from "../store/images.js";
import type { BootFiles } from "../vmx/spec.js";
import type { HostFiles } from "./boot-source.js";

/**
 * What a VM process is to boot, by the image's kind. A Multiboot kernel is told the image's name as first word, as boot loaders give the file's; paths
 * of this host are nothing to a guest.
 */
export function bootFiles(image: Pick<ImageWithFiles, "kind" | "name" | "modules">, files: HostFiles, cmdline: string): BootFiles {
  const { kernel, initrd, modules = [] } = files;
  if (image.kind !== "multiboot") return { kind: "linux", kernel, initrd, cmdline };
  return {
    kind: "multiboot",
    kernel,
    cmdline: cmdline === "" ? image.name : `${image.name} ${cmdline}`,
    modules: modules.map((file, index) => ({ file, cmdline: image.modules[index] ?? "" })),
  };
}
