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

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 ca-certificates \
    && rm -rf /var/lib/apt/lists/* && useradd --system --home-dir /var/lib/hannun --create-home hannun
COPY --from=build /build/target/release/hannun /usr/local/bin/hannun
USER hannun
VOLUME /var/lib/hannun
ENV HANNUN_DATA_DIR=/var/lib/hannun HANNUN_BIND=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["hannun"]
CMD ["serve"]
