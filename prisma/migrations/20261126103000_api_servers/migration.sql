CREATE TABLE "api_server" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "heartbeat_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "api_server_pkey" PRIMARY KEY ("id")
);
