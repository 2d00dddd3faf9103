/** An image with its files: announced, then sent one after the other. What breaks off leaves no half image behind. */
import type { Image, Worldswitch } from "@worldswitch/client";

export interface ImageForm {
  name: string;
  kind: Image["kind"];
  cmdline: string | undefined;
  description: string | undefined;
  kernel: File;
  /** Linux: one at most. */
  others: readonly File[];
}

export interface UploadProgress {
  sent: number;
  size: number;
  file: string;
}

/** @throws the signal's reason, and what the service says */
export async function uploadImage(
  client: Worldswitch,
  form: ImageForm,
  onProgress: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<Image> {
  const { name, kind, cmdline, description, kernel, others } = form;
  const parts = [
    { role: "kernel" as const, index: 0, file: kernel },
    ...others.map((file, index) => ({ role: kind === "linux" ? ("initrd" as const) : ("module" as const), index, file })),
  ];
  const described =
    kind === "linux"
      ? { files: parts.map(({ role }) => role) }
      : { modules: others.map((file) => file.name.replace(/[^\x20-\x7e]/g, "_")) };
  let image = await client.images.create({ name, kind, cmdline, description, ...described }, { signal });
  const size = parts.reduce((sum, { file }) => sum + file.size, 0);
  let before = 0;
  try {
    for (const { role, index, file } of parts) {
      onProgress({ sent: before, size, file: file.name });
      const tell = (sent: number) => onProgress({ sent: before + sent, size, file: file.name });
      image = await client.images.upload(image.id, role, file, { index, onProgress: tell, signal });
      before += file.size;
    }
    return image;
  } catch (error) {
    await client.images.delete(image.id).catch(() => {});
    throw error;
  }
}
