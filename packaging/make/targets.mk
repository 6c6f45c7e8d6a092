# SPDX-License-Identifier: Apache-2.0
# What a person types.

.PHONY: help build run test unit format format-check lint tidy cppcheck tsan fuzz bench clean FORCE
.DEFAULT_GOAL := help

help:
	@echo 'make run       install what is missing, build, configure, start all three programs'
	@echo 'make test      install what the tests need and run them all'
	@echo 'make build     the programs, into $(B)   (VARIANT=release asan tsan clang fuzz)'
	@echo 'make unit      unit tests of this variant'
	@echo 'make format    put the code into its form'
	@echo 'make lint      layers, sizes, format, clang-tidy, cppcheck'
	@echo 'make tsan fuzz bench   the longer checks'

build: $(programs)

unit: $(unit_tests)
	@for t in $^; do echo "# $$t"; $$t || exit 1; done

clean:
	rm -rf build
