# The two images of argmin: `operator`, and `solvers` (what runs inside a solver pod).
#
#   docker build --target operator --tag argmin/operator:dev .
#   docker build --target solvers  --tag argmin/solvers:dev .
#
# The base only has to have Python 3.11 with venv, and Debian's apt for the solvers.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS base
ENV PATH=/opt/argmin/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN groupadd --gid 65532 argmin \
 && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin argmin
WORKDIR /opt/argmin

# Dependencies come from the lock files alone, and before the code, so that a change of code
# reinstalls nothing. The interpreter itself knows where the code is: in a solver pod the user may
# set PATH and PYTHONPATH. Wheels only: no compiler is needed, hence no stage of its own for the build;
# pip leaves in the layer it came in.
FROM base AS operator
COPY requirements/operator.txt /opt/argmin/requirements.txt
RUN python3 -m venv /opt/argmin/venv \
 && pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.txt \
 && rm -rf venv/bin/pip* venv/lib/python3.11/site-packages/pip* \
           venv/lib/python3.11/site-packages/setuptools* \
 && echo /opt/argmin/src > venv/lib/python3.11/site-packages/argmin.pth
COPY operator/argmin /opt/argmin/src/argmin
RUN python -m compileall -q /opt/argmin/src
USER 65532:65532
ENTRYPOINT ["python", "-m", "argmin"]

FROM base AS solvers
RUN apt-get update \
 && apt-get install --yes --no-install-recommends coinor-cbc glpk-utils \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/log/apt /var/log/dpkg.log \
 && mkdir -p /opt/ml/processing/input /opt/ml/processing/output \
 && chown -R 65532:65532 /opt/ml \
 && ln -s /opt/argmin/src/argmin_solvers/bin/ipopt /usr/local/bin/ipopt
COPY requirements/solvers.txt /opt/argmin/requirements.txt
# The launcher of GLPK's package stands before Debian's glpsol, and would outlive its own end.
RUN python3 -m venv /opt/argmin/venv \
 && pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.txt \
 && rm -f venv/bin/glpsol \
 && rm -rf venv/bin/pip* venv/lib/python3.11/site-packages/pip* \
           venv/lib/python3.11/site-packages/setuptools* \
 && echo /opt/argmin/src > venv/lib/python3.11/site-packages/argmin.pth
# The runner shares the API's models with the operator.
COPY operator/argmin /opt/argmin/src/argmin
COPY solvers/argmin_solvers /opt/argmin/src/argmin_solvers
RUN python -m compileall -q /opt/argmin/src
# No USER: SageMaker mounts /opt/ml for root, and gives the run a machine of its own. Pods set theirs
# (65532), and let nobody be root.
ENTRYPOINT ["/opt/argmin/venv/bin/python", "-m", "argmin_solvers"]
