# hannun in a container. PostgreSQL is beside it (docker-compose.yml); nothing else is needed.
FROM rust:1.95-bookworm AS build
WORKDIR /build
RUN apt-get update && apt-get install -y --no-install-recommends libpq-dev && rm -rf /var/lib/apt/lists/*
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY templates templates
COPY static static
COPY migrations migrations
COPY benches benches
RUN cargo build --release --locked --bin hannun

# The image that stands beside it anyway: it has pg_dump and pg_restore of the server's own version, for backups.
FROM postgres:17-bookworm
STOPSIGNAL SIGTERM
# The number of the account is fixed, so that files of the host can be given to it.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/hannun --create-home --shell /usr/sbin/nologin hannun
COPY --from=build /build/target/release/hannun /usr/local/bin/hannun
USER hannun
VOLUME /var/lib/hannun
# Two places for memory instead of eight for each core: what long answers took is used again instead of kept sixteen times.
ENV HANNUN_DATA_DIR=/var/lib/hannun HANNUN_BIND=0.0.0.0:8080 MALLOC_ARENA_MAX=2
EXPOSE 8080
# Its own address is a name that hannun always answers to. The shell is the only client in this image.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\nHost: 0.0.0.0:8080\\r\\n\\r\\n' >&3 && grep -q '\"ready\":true' <&3"]
ENTRYPOINT ["hannun"]
CMD ["serve"]
