# SPDX-License-Identifier: Apache-2.0
# What a person types.

.PHONY: help build unit format format-check lint lint-shell tidy cppcheck clean
.DEFAULT_GOAL := help

help:
	@echo 'make run       install what is missing, build, configure, start all three programs'
	@echo 'make test      install what the tests need and run them all'
	@echo 'make build     the programs, into $(B)   (VARIANT=release asan tsan clang fuzz)'
	@echo 'make unit      unit tests of this variant'
	@echo 'make format    put the code into its form'
	@echo 'make lint      layers and sizes; also format-check lint-shell tidy cppcheck'
	@echo 'make tsan fuzz bench   the longer checks'

build: $(programs)

unit: $(unit_tests)
	@for t in $^; do echo "# $$t"; $$t || exit 1; done

# --- form ---------------------------------------------------------------------------------------
c_folders := common config homeserver sfu bridge-mail
c_files = $(shell find $(c_folders) tests/unit tests/fuzz tests/bench tests/tools -name node_modules -prune -o \
	\( -name '*.c' -o -name '*.h' \) -print)

format:
	@clang-format-19 -i $(c_files)
format-check:
	@clang-format-19 --dry-run -Werror $(c_files)

lint:
	@python3 tests/tools/lint_layers.py; layers=$$?; \
	python3 tests/tools/lint_size.py && exit $$layers
lint-shell:
	@shellcheck $(wildcard packaging/*.sh packaging/make/*.sh tests/tools/*.sh) \
		packaging/parvis-setup .ci/run

# --- static analysis ----------------------------------------------------------------------------
# One stamp a file, so that make -j shares the work out and only what changed is looked at again.
tidy_stamps = $(patsubst %.c,build/tidy/%.ok,$(call find_c,$(c_folders)))
tidy_flags := -std=c17 -D_GNU_SOURCE -I. -isystem $(B)/gen

tidy: $(tidy_stamps)
build/tidy/%.ok: %.c .clang-tidy packaging/make/tidy.sh packaging/make/build.mk
	@mkdir -p $(@D)
	@sh packaging/make/tidy.sh $@ $< $(tidy_flags) $(call pkg_cflags,$(pkgs_common)) \
		$(call pkg_cflags,$(pkgs_$(call unit_of,$<)))
ifneq ($(filter tidy,$(MAKECMDGOALS)),)
$(filter build/tidy/sfu/%,$(tidy_stamps)): | $(gen_sfu)
-include $(shell find build/tidy -name '*.d' 2>/dev/null)
endif

cppcheck:
	@mkdir -p build/cppcheck
	@cppcheck --quiet -j$$(nproc) --cppcheck-build-dir=build/cppcheck --error-exitcode=1 \
		--std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppressions-list=packaging/make/cppcheck.txt -I. $(c_folders)

clean:
	rm -rf build
