# SPDX-License-Identifier: Apache-2.0
# How C becomes programs. A source file is found by its folder; adding one needs no edit here.
#
#	common/ config/                 -> libcommon.a, which everything links
#	<program>/** without its main.c -> lib<program>.a; with main.c -> parvis-<program>
#	<program>/<helper>/main.c       -> parvis-<helper>: a sandboxed child with libraries of its own
#	tests/unit/<program>/**/test_*.c, tests/fuzz/<program>/fuzz_*.c -> one program each
#
# Variants: release (gcc, hardened), asan (ASan + UBSan), tsan, clang (-Wthread-safety), fuzz.

CLANG := clang-19

pkgs_common := libmicrohttpd jansson libcyaml yaml-0.1 libcurl openssl sqlite3 libargon2
pkgs_homeserver := libpcre2-8
pkgs_thumbnailer := gdk-pixbuf-2.0
pkgs_sfu := libwebsockets libsrtp2 usrsctp libprotobuf-c zlib
pkgs_bridge-mail := libidn2 libpsl libcares icu-i18n icu-uc
pkgs_mail-parser := gmime-3.0 libxml-2.0

dir_homeserver := homeserver
dir_sfu := sfu
dir_bridge-mail := bridge-mail
dir_thumbnailer := homeserver/thumbnailer
dir_mail-parser := bridge-mail/mail-parser
units := homeserver sfu bridge-mail thumbnailer mail-parser

WARN := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wcast-qual -Wnull-dereference -fno-common -Werror
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection
LDFLAGS_release := -pie -Wl,-z,relro -Wl,-z,now
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
LDFLAGS_asan := -fsanitize=address,undefined
# With tsan's calls in between, gcc 12 loses sight of which pointers were checked.
CFLAGS_tsan := -O1 -g -fsanitize=thread -Wno-null-dereference
LDFLAGS_tsan := -fsanitize=thread
CFLAGS_clang := -O1 -g -Wthread-safety
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
LDFLAGS_fuzz := -fsanitize=address,undefined
CC := $(if $(filter clang fuzz,$(VARIANT)),$(CLANG),gcc)

# Hidden: a function of ours must never replace one of the same name inside a library.
# Headers of libraries are system headers: our warnings are not about them.
pkg_cflags = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(1) 2>/dev/null))
pkg_libs = $(shell pkg-config --libs $(1) 2>/dev/null)
base_cflags := -std=c17 -D_GNU_SOURCE -fPIE -fvisibility=hidden -pthread $(WARN) -I. -I$(B)/gen $(CFLAGS_$(VARIANT)) \
	$(call pkg_cflags,$(pkgs_common))
base_ldflags := -pthread $(LDFLAGS_$(VARIANT))
base_libs := $(call pkg_libs,$(pkgs_common)) -lm

find_c = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

.SECONDARY:
.DELETE_ON_ERROR:

# --- generated sources -------------------------------------------------------------------------
# Migrations become one table of strings per program; the LiveKit schema becomes protobuf-c code.
gen_homeserver := $(if $(wildcard homeserver/store/migrations/*.sql),$(B)/gen/homeserver/migrations.c)
gen_bridge-mail := $(if $(wildcard bridge-mail/store/migrations/*.sql),$(B)/gen/bridge-mail/migrations.c)
gen_sfu := $(patsubst %.proto,$(B)/gen/%.pb-c.c,$(wildcard sfu/signal/*.proto)) \
	$(if $(wildcard sfu/store/migrations/*.sql),$(B)/gen/sfu/migrations.c)

$(B)/gen/%/migrations.c: packaging/make/embed-migrations.sh FORCE
	@mkdir -p $(@D)
	@sh $< $* > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

$(B)/gen/%.pb-c.c $(B)/gen/%.pb-c.h: %.proto
	@mkdir -p $(@D)
	@echo "  PROTO $<"
	@protoc-c --c_out=$(B)/gen $<

# Generated protobuf code is not ours to warn about.
$(B)/obj/gen/%.pb-c.o: $(B)/gen/%.pb-c.c
	@mkdir -p $(@D)
	@echo "  CC $(VARIANT) $<"
	@$(CC) $(base_cflags) $(call pkg_cflags,$(pkgs_sfu)) -w -c -o $@ $<
$(B)/obj/gen/%/migrations.o: $(B)/gen/%/migrations.c
	@mkdir -p $(@D)
	@echo "  CC $(VARIANT) $<"
	@$(CC) $(base_cflags) -c -o $@ $<
gen_objects = $(patsubst $(B)/gen/%.c,$(B)/obj/gen/%.o,$(gen_$(1)))

# --- objects, archives, programs ---------------------------------------------------------------
# $(1) unit, $(2) folder: the longest folder wins, so helpers' folders are named explicitly.
unit_of = $(or $(patsubst homeserver/thumbnailer/%,thumbnailer,$(filter homeserver/thumbnailer/%,$(1))),$(patsubst bridge-mail/mail-parser/%,mail-parser,$(filter bridge-mail/mail-parser/%,$(1))),$(firstword $(subst /, ,$(patsubst tests/unit/%,%,$(patsubst tests/fuzz/%,%,$(1))))))

# What compiles and how, as a file: other flags or another version of a library make all anew.
flags_text = $(CC) $(base_cflags) $(base_ldflags) $(foreach u,$(units),$(pkgs_$(u))) $(base_libs)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(flags_text)' | cmp -s - $@ || printf '%s\n' '$(flags_text)' > $@

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC $(VARIANT) $<"
	@$(CC) $(base_cflags) $(call pkg_cflags,$(pkgs_$(call unit_of,$<))) -MMD -MP -c -o $@ $<

src_common := $(call find_c,common config)
$(B)/libcommon.a: $(call objects,$(src_common))
	@rm -f $@ && ar rcs $@ $^

define unit_rules
src_$(1) := $$(filter-out $(2)/main.c $$(if $$(filter homeserver,$(1)),homeserver/thumbnailer/%) $$(if $$(filter bridge-mail,$(1)),bridge-mail/mail-parser/%),$$(call find_c,$(2)))
$$(B)/lib$(1).a: $$(call objects,$$(src_$(1))) $$(call gen_objects,$(1))
	@rm -f $$@ && ar rcs $$@ $$^
$$(B)/parvis-$(1): $$(B)/obj/$(2)/main.o $$(B)/lib$(1).a $$(B)/libcommon.a
	@echo "  LD $$(VARIANT) $$@"
	@$$(CC) $$(base_ldflags) -o $$@ $$^ $$(call pkg_libs,$$(pkgs_$(1))) $$(base_libs)
endef
$(foreach u,$(units),$(eval $(call unit_rules,$(u),$(dir_$(u)))))
$(call objects,$(src_sfu) sfu/main.c): | $(gen_sfu)
$(call objects,$(call find_c,tests/unit/sfu tests/fuzz/sfu)): | $(gen_sfu)

programs := $(foreach u,$(units),$(if $(wildcard $(dir_$(u))/main.c),$(B)/parvis-$(u)))

# --- tests and fuzz targets --------------------------------------------------------------------
archives_of = $(if $(filter-out common config,$(1)),$(B)/lib$(1).a) $(B)/libcommon.a
unit_tests := $(patsubst tests/unit/%.c,$(B)/test/%,$(shell find tests/unit -name 'test_*.c' 2>/dev/null))
fuzz_targets := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(shell find tests/fuzz -name 'fuzz_*.c' 2>/dev/null))

define link_rule
$(1): $(B)/obj/$(2).o $(call archives_of,$(3))
	@mkdir -p $$(@D)
	@echo "  LD $$(VARIANT) $$@"
	@$$(CC) $$(base_ldflags) $(4) -o $$@ $$^ $$(call pkg_libs,$$(pkgs_$(3))) $$(base_libs) $(5)
endef
program_of = $(firstword $(subst /, ,$(1)))
$(foreach t,$(unit_tests),$(eval $(call link_rule,$(t),tests/unit/$(t:$(B)/test/%=%),$(call program_of,$(t:$(B)/test/%=%)),,-lcmocka)))
$(foreach t,$(fuzz_targets),$(eval $(call link_rule,$(t),tests/fuzz/$(t:$(B)/fuzz/%=%),$(call program_of,$(t:$(B)/fuzz/%=%)),-fsanitize=fuzzer)))

# Runs the real parser beside it.
$(B)/test/bridge-mail/inbound/test_processor: | $(B)/parvis-mail-parser

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
.PHONY: FORCE
FORCE:
