-- Multiboot kernels have any number of modules, each told something of its own.
ALTER TABLE "image" ADD COLUMN "modules" TEXT[] DEFAULT ARRAY[]::TEXT[];

ALTER TABLE "image_file" ADD COLUMN "index" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "image_file" DROP CONSTRAINT "image_file_pkey";
ALTER TABLE "image_file" ADD CONSTRAINT "image_file_pkey" PRIMARY KEY ("image_id","role","index");
