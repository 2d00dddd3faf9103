ALTER TABLE "ticket" ADD COLUMN "token_id" TEXT;
ALTER TABLE "ticket" ADD CONSTRAINT "ticket_token_id_fkey" FOREIGN KEY ("token_id") REFERENCES "token"("id") ON DELETE CASCADE ON UPDATE CASCADE;
