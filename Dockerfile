# Two stages: the first builds an environment from the lock, the second runs it as nobody special.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/gridherald \
 && /opt/gridherald/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY certs certs
COPY schemas schemas
COPY server server
RUN /opt/gridherald/bin/pip install --no-cache-dir --no-build-isolation --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/gridherald gridherald
COPY --from=build /opt/gridherald /opt/gridherald
ENV PATH=/opt/gridherald/bin:$PATH
USER 10001
VOLUME /var/lib/gridherald
EXPOSE 8443 8444
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["gridherald", "health", "--state", "/var/lib/gridherald"]
ENTRYPOINT ["gridherald"]
CMD ["serve", "--state", "/var/lib/gridherald"]
