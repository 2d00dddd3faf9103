# Worldswitch in a container: API server, worker and embedded PostgreSQL, with debian-mini prepared, so that the first machine starts at once.
#   docker build -t worldswitch .
#   docker run -p 8080:8080 -v worldswitch:/data worldswitch
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
WORKDIR /app
COPY --from=build /app /app
# As an ordinary user: the embedded PostgreSQL refuses root, and nothing here needs it.
RUN mkdir /data /cache && chown node:node /data /cache
USER node
ENV HOST=0.0.0.0 PORT=8080 WORLDSWITCH_DATA=/data WORLDSWITCH_CACHE=/cache
RUN node bin/worldswitch.js images prepare debian-mini
VOLUME /data
EXPOSE 8080
CMD ["node", "bin/worldswitch.js", "serve"]
