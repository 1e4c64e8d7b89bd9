# Records in one container: web processes and a worker for background jobs, run by an unprivileged user that can write
# to /data alone. docs/deployment.md shows how to run it; .ci/replay-dockerfile runs these steps without a container
# runtime. Debian, not Alpine: google-re2 has no wheels for musl.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/records
COPY requirements.txt requirements-s3.txt requirements-redis.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /opt/records/bin/python install --no-deps --require-hashes --only-binary :all: \
        -r requirements.txt -r requirements-s3.txt -r requirements-redis.txt
COPY LICENSE README.md pyproject.toml setup.py ./
COPY records records
COPY records_project records_project
COPY templates templates
RUN python -m pip wheel --no-deps --wheel-dir /wheels . \
    && python -m pip --python /opt/records/bin/python install --no-deps --no-index /wheels/*.whl \
    && python -m pip --python /opt/records/bin/python check

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 records \
    && useradd --uid 10001 --gid records --home-dir /data --no-create-home --shell /usr/sbin/nologin records \
    && install --directory --owner records --group records --mode 750 /data
COPY --from=build /opt/records /opt/records
# Exports and uploads pass through TMPDIR, which must not be in memory; what they write there has no name.
ENV PATH=/opt/records/bin:$PATH DATA_DIR=/data TMPDIR=/data
WORKDIR /data
VOLUME /data
# By number, so that Kubernetes can verify runAsNonRoot.
USER 10001:10001
EXPOSE 8000
# Whether the process is alive. No proxy of the environment is asked for an address of this container.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["records", "serve", "--host", "0.0.0.0"]
