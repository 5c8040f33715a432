# Build: types are not needed to run, so everything of development stays in this stage.
FROM node:22-bookworm-slim AS build
WORKDIR /tessera
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY scripts scripts
COPY src src
COPY mixer mixer
COPY layouts layouts
COPY public public
RUN npm run build && npm prune --omit=dev

# Run: Node and the built tree, which has the pages. FFmpeg comes inside the npm packages.
FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    TESSERA_HTTP_HOST=0.0.0.0 \
    TESSERA_RECORDINGS_FOLDER=/recordings
WORKDIR /tessera
COPY --from=build /tessera/package.json ./
COPY --from=build /tessera/node_modules node_modules
COPY --from=build /tessera/dist dist
COPY sounds sounds
COPY LICENSE NOTICE ./
RUN mkdir /recordings && chown node:node /recordings
USER node
VOLUME /recordings
# One TCP port for pages, API and signalling; one number a room for media, UDP and TCP.
EXPOSE 8080/tcp
EXPOSE 40000-40099/udp
EXPOSE 40000-40099/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.TESSERA_HTTP_PORT ?? 8080) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
