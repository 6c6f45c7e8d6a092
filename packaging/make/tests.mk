# SPDX-License-Identifier: Apache-2.0
# Running the product and its tests.

.PHONY: bench-mail corpus run web test packages-run packages-test unit-build tsan fuzz fuzz-build bench bench-build bench-synapse \
	bench-sfu soak-sfu swarm-build

FUZZ_SECONDS ?= 60

packages-run:
	@packaging/install-packages.sh build
packages-test: packages-run
	@packaging/install-packages.sh test
	@cd tests && [ node_modules/.package-lock.json -nt package-lock.json ] || \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

# A second make, because the first has looked for the libraries before they were installed.
run: packages-run
	@$(MAKE) --no-print-directory -s -j$$(nproc) build web
	@exec packaging/run.sh

test: packages-test
	@$(MAKE) --no-print-directory -s -j$$(nproc) web
	@exec /usr/bin/python3 tests/run.py

# The meeting page, bundled. Not rebuilt while its sources are older.
web_sources := $(shell find sfu/web -path '*/node_modules' -prune -o -type f -print 2>/dev/null)
web: build/web/.built
build/web/.built: $(web_sources)
	@cd sfu/web && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

# Programs that scored sets of mails are run through (tests/score/).
score_programs := $(patsubst tests/score/%.c,$(B)/score/%,$(wildcard tests/score/*.c))
$(foreach t,$(score_programs),$(eval $(call link_rule,$(t),tests/score/$(t:$(B)/score/%=%),bridge-mail)))

# Programs that tests run beside ours.
tool_programs := $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c))
$(foreach t,$(tool_programs),$(eval $(call link_rule,$(t),tests/tools/$(t:$(B)/tools/%=%),common)))

unit-build: $(unit_tests) $(score_programs) $(tool_programs) swarm-build

# The thread sanitizer of gcc needs addresses that are not shuffled too far; where a container does
# not allow setarch, it may do without.
tsan: packages-test
	@$$(setarch -R true 2> /dev/null && echo setarch -R) \
		/usr/bin/python3 tests/run.py --variant tsan build unit integration

fuzz: packages-test
	@$(MAKE) --no-print-directory -s VARIANT=fuzz fuzz-build
	@tests/tools/fuzz.sh $(FUZZ_SECONDS)
fuzz-build: $(fuzz_targets)

# Beside Synapse when build/synapse holds it. BENCH_QUICK=1: smaller sizes, about a minute.
bench: packages-test
	@$(MAKE) --no-print-directory -s -j$$(nproc) VARIANT=release build bench-build
	@for bench in tests/bench/*.py; do \
		echo "# $$bench"; PARVIS_BUILD=build/release /usr/bin/python3 $$bench || exit 1; done

# Mails a second from LMTP to room, and memory; BENCH_QUICK=1: smaller. corpus: all 6,046 real mails,
# of which make test takes 300.
bench-mail: packages-test
	@$(MAKE) --no-print-directory -s -j$$(nproc) VARIANT=release build
	@PARVIS_BUILD=build/release tests/node_modules/.bin/node --no-warnings tests/bench/mail.mjs
corpus: packages-test
	@$(MAKE) --no-print-directory -s -j$$(nproc) VARIANT=release build
	@PARVIS_BUILD=build/release PARVIS_CORPUS=all tests/node_modules/.bin/node --no-warnings \
		--test-force-exit --test-reporter=spec tests/integration/mail-corpus.test.mjs

bench-synapse:
	@python3 -m venv build/synapse && build/synapse/bin/pip install --quiet matrix-synapse

bench_programs := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
$(foreach t,$(bench_programs),$(eval $(call link_rule,$(t),tests/bench/$(t:$(B)/bench/%=%),common)))
bench-build: $(bench_programs)

# Synthetic participants, and the bare loop that they are measured against (tests/bench/sfu/).
swarm_libs = $(call pkg_libs,opus vpx)
$(B)/bench/sfu/swarm: $(call objects,$(addprefix tests/bench/sfu/,swarm.c engine.c peer.c media.c))
$(B)/bench/sfu/bare: $(call objects,$(addprefix tests/bench/sfu/,bare.c engine.c peer.c))
$(B)/bench/sfu/swarm $(B)/bench/sfu/bare: $(B)/libsfu.a $(B)/libcommon.a
	@mkdir -p $(@D)
	@echo "  LD $(VARIANT) $@"
	@$(CC) $(base_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		$(call pkg_libs,$(pkgs_sfu)) $(base_libs) $(swarm_libs)
swarm-build: $(B)/bench/sfu/swarm $(B)/bench/sfu/bare

# Beside Janus, and LiveKit where livekit-server is on PATH or named by LIVEKIT_SERVER.
# BENCH_QUICK=1: smaller sizes, about a minute.
bench-sfu: packages-test
	@$(MAKE) --no-print-directory -s -j$$(nproc) VARIANT=release build swarm-build web
	@PARVIS_BUILD=build/release tests/node_modules/.bin/node tests/bench/sfu.mjs

# As many joins and leaves as in a busy hour, under ASan.
soak-sfu: packages-test
	@$(MAKE) --no-print-directory -s -j$$(nproc) VARIANT=asan build swarm-build
	@SOAK_JOINS=3600 tests/node_modules/.bin/node --test-reporter=spec \
		tests/integration/sfu-soak.test.mjs
