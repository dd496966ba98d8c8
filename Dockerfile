# cxr-edge in a container that may do little: no root, nothing to write to but /results, no network needed.
#
#   docker build --tag cxr-edge .
#   docker run --rm --read-only --network none --cap-drop ALL -v "$PWD/films:/films:ro" cxr-edge predict /films
#
# docs/kit.md says more. Research only: not a cleared medical device.

FROM python:3.12-slim-bookworm AS build
WORKDIR /source
COPY . .
# Everything is installed here, from wheels alone; the second stage takes the result and no tool that made it.
ENV PIP_CONSTRAINT=/source/constraints.txt \
    PIP_NO_CACHE_DIR=1
RUN pip wheel --no-deps --wheel-dir /wheel . \
 && python -m venv /opt/cxr-edge \
 && wheel="$(echo /wheel/cxr_edge-*.whl)" \
 && /opt/cxr-edge/bin/pip install --only-binary :all: "${wheel}[dicom,node]" \
 && /opt/cxr-edge/bin/cxr-edge selftest

FROM python:3.12-slim-bookworm
LABEL org.opencontainers.image.title="cxr-edge" \
      org.opencontainers.image.description="Does a child's chest X-ray look like pneumonia? For research only." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /results --shell /usr/sbin/nologin cxr-edge \
 && install --directory --owner cxr-edge --mode 0700 /results
COPY --from=build /opt/cxr-edge /opt/cxr-edge
# PYTHONDONTWRITEBYTECODE: nothing may be written beside the program, and everything is compiled already.
ENV PATH=/opt/cxr-edge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /results
# What it writes: results, ledgers, a node's spool. With --read-only give it a volume or a tmpfs.
VOLUME ["/results"]
# A node's port; it listens where its --host says.
EXPOSE 11112
# Half a minute on an old computer; a processor that has begun to compute wrongly is found within the hour.
HEALTHCHECK --interval=1h --timeout=60s --start-period=60s --retries=2 CMD ["cxr-edge", "selftest"]
ENTRYPOINT ["cxr-edge"]
CMD ["predict", "--samples"]
