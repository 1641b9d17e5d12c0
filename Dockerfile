# syntax=docker/dockerfile:1
# One image for the web server, the workers and the migrations; compose.yaml says which of them runs what.
#
#   docker build -t orchestration .
#   docker build -t orchestration --build-arg EXTRAS="--requirement requirements-s3.txt" .
#
# EXTRAS are packages that only some installations need: storage for the files of models, what your own task handlers
# import.

ARG PYTHON=3.12

FROM python:${PYTHON}-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt requirements-s3.txt requirements-tracing.txt ./
COPY deploy/constraints.txt deploy/
ARG EXTRAS=""
RUN pip install --requirement requirements.txt --constraint deploy/constraints.txt ${EXTRAS}
COPY . .
# Secrets come with the start, never with the image: these stand in for them while the static files are collected.
RUN DATA_DIR=/tmp/build STATIC_ROOT=/srv/static SECRET_KEY=build AUDIT_KEY=build \
    python manage.py collectstatic --no-input --verbosity=0
# The application's files are not writable at run time, so what Python would keep of them is made now.
RUN python -m compileall -q . && pip uninstall --yes --quiet pip

FROM python:${PYTHON}-slim-bookworm AS app
RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-create-home --home-dir /var/lib/bdc app \
    && install --directory --owner=app --group=app /var/lib/bdc /var/lib/bdc/models
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/static /srv/static
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/var/lib/bdc \
    MODEL_REGISTRY_PATH=/var/lib/bdc/models \
    STATIC_ROOT=/srv/static \
    CELERY_WORKER_CONCURRENCY=4
USER app
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py", "worker"]
CMD ["celery", "-A", "config", "worker", "--queues=default", "--without-gossip", "--without-mingle", "--loglevel=INFO"]
