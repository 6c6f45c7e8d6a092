# SPDX-License-Identifier: Apache-2.0
# Parvis. `make run` brings the appliance up, `make test` proves it; `make help` lists the rest.

VARIANT ?= release
B := build/$(VARIANT)
PROGRAMS := parvis-homeserver parvis-sfu parvis-bridge-mail

include packaging/make/build.mk
include packaging/make/targets.mk
include packaging/make/tests.mk
