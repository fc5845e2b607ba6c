# cfgeo in a container: docker build -t cfgeo . && docker run --rm -v "$PWD":/work cfgeo run my-district
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY cfgeo cfgeo
COPY data data
# The pins of the project, without the hashes of files that pip builds here itself.
RUN sed -e 's/ *\\$//' -e '/^ *--hash/d' constraints.txt > pins.txt \
    && python -m venv /opt/cfgeo \
    && /opt/cfgeo/bin/pip install --no-cache-dir --constraint pins.txt ".[postgis]"

FROM python:3.13-slim-bookworm
COPY --from=build /opt/cfgeo /opt/cfgeo
RUN useradd --create-home --uid 1000 planner
USER 1000
ENV PATH=/opt/cfgeo/bin:$PATH CFGEO_CACHE=/tmp/cfgeo
WORKDIR /work
ENTRYPOINT ["cfgeo"]
CMD ["--help"]
