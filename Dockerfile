# The server without a display, as an image:  docker build --tag agentrail-console:0.1.0 .
#
# BASE      any Debian with Node 24
# DIST      source: everything is built here, from package-lock.json. context: dist/ is taken as the context brings it
# PACKAGES  what is installed into the image; empty where BASE has it: a tini, ssh for engines behind ssh://
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS product
# Builders that keep this stage leave it without a name; by the label it is found.
ARG BUILD=release
LABEL run.agentrail.build=${BUILD}
ARG DIST=source
WORKDIR /source
COPY . .
RUN set -eu; \
    if [ "$DIST" = source ]; then rm -rf dist; npm ci; npm run build; fi; \
    node scripts/make-package.ts --folder /product; \
    # Compiles the code once, so that starts on a read-only root need not.
    node /product/dist/main/agentrail.js --version

FROM ${BASE}
ARG PACKAGES="ca-certificates openssh-client tini"
RUN set -eu; \
    if [ -n "$PACKAGES" ]; then \
        apt-get update; \
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $PACKAGES; \
        rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb; \
    fi; \
    groupadd --gid 10001 agentrail; \
    useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin agentrail; \
    install -d -o agentrail -g agentrail -m 700 /var/lib/agentrail
COPY --from=product /product /opt/agentrail
# Inside of a container the server is reached from outside of it, so it asks for UI_SECRET_TOKEN.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 AGENTRAIL_DATA_DIR=/var/lib/agentrail
USER 10001:10001
WORKDIR /var/lib/agentrail
VOLUME /var/lib/agentrail
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The first process hands signals on, and buries what programs of tools leave behind.
ENTRYPOINT ["tini", "--", "node", "/opt/agentrail/dist/main/agentrail.js"]
CMD ["serve"]
