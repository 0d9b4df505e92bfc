# Everything runs in environments beside this file; nothing else is needed but Python 3.11+, make and git.
PYTHON ?= python3
VENV ?= .venv
CORE_VENV ?= .venv-core
WORKERS ?= 2

DECLARED := pyproject.toml constraints.txt $(sort $(wildcard plugins/*/pyproject.toml))
CORE := -e '.[test]'
WITH_EXTRAS := nn_labels[baseline] parallax_zp[test] surveys[test]
EVERYTHING := -e '.[test,lint,ml,jax,plots]' $(patsubst %,-e 'plugins/%',$(WITH_EXTRAS)) \
	$(patsubst %/pyproject.toml,-e %,$(filter-out $(foreach p,$(WITH_EXTRAS),plugins/$(firstword $(subst [, ,$(p)))/%),$(wildcard plugins/*/pyproject.toml)))
CORE_TESTS := tests/core tests/io tests/publish tests/report tests/schemas tests/testing $(wildcard tests/test_*.py)

.PHONY: install test test-core lint demo

install: $(VENV)/.installed

$(VENV)/.installed: $(DECLARED)
	@$(call make_environment,$(VENV))
	@$(call install_into,$(VENV),$(EVERYTHING))
	@touch $@

$(CORE_VENV)/.installed: pyproject.toml constraints.txt
	@$(call make_environment,$(CORE_VENV))
	@$(call install_into,$(CORE_VENV),$(CORE))
	@touch $@

test: install
	$(VENV)/bin/python -m pytest

# The core's own tests where no plugin is installed.
test-core: $(CORE_VENV)/.installed
	$(CORE_VENV)/bin/python -m pytest $(CORE_TESTS)

lint: install
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# A made-up survey of stars with known truth, the catalogues of every plugin, and how far they are from the truth.
CATALOGUES := nn_labels,crossmatch,gaia_parallax_spatial,parallax_zp_global,bayes_isochrone,xp_metallicities
CLOSURE := $(VENV)/bin/vacframe closure --workspace demo --plots demo/closure

demo: install
	$(VENV)/bin/vacframe build --config examples/mock.toml --workspace demo --products $(CATALOGUES) --workers $(WORKERS)
	$(CLOSURE) nn_labels --bins 3
	$(CLOSURE) bayes_isochrone --bins 0
	$(CLOSURE) xp_metallicities --columns feh --without 'xp_training_set: in_training' --bins 0
	$(CLOSURE) crossmatch --bins 0

define make_environment
$(PYTHON) -c 'import sys; ok = sys.version_info >= (3, 11); sys.exit(0 if ok else "vacframe needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; choose one: make PYTHON=python3.12")'
test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef

# uv installs fast but knows nothing of pip's configuration; where it finds no packages, pip does.
define install_into
$(1)/bin/python -m pip --version > /dev/null 2>&1 || $(1)/bin/python -m ensurepip
$(1)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv || true
$(1)/bin/python -m uv pip install --quiet --compile-bytecode --python $(1)/bin/python -c constraints.txt $(2) \
	|| { echo 'uv did not succeed; installing with pip'; $(1)/bin/python -m pip install --quiet -c constraints.txt $(2); }
endef
