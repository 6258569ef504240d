# make run, make test; make help lists the rest. Sets itself up on a machine that has only git and make.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
BUILD ?= build
PORT ?= 8080
# Not the Debian package's /var/lib/alliance: it has a user of its own, and purging it takes the directory along.
STATE_DIR ?= $(if $(filter 0,$(shell id -u)),/var/lib/alliance-demo,$(HOME)/.local/state/alliance)
PYTHON := /usr/bin/python3
# One line per target; V=1 shows the commands, -s nothing.
Q = $(if $(V),,@$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,echo "  $(VARIANT) $@";))

# SANITIZE: empty, address (with undefined behaviour) or thread. Each variant has its own folder.
SANITIZE ?=
VARIANT := $(if $(SANITIZE),$(SANITIZE),plain)
OUT := $(BUILD)/$(VARIANT)
GEN := $(BUILD)/gen
VERSION := $(shell sed -n 's/^  version: *//p' openapi.yaml 2>/dev/null | head -1)
COMMIT := $(shell docker/local/version revision 2>/dev/null || echo unknown)

CC := gcc
WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition \
  -Wcast-qual -Wformat=2 -Wformat-signedness -Wvla -Wwrite-strings -Wundef -Wlogical-op -Wduplicated-cond \
  -Wduplicated-branches -Wfloat-equal -Wpointer-arith -Wnull-dereference -Wjump-misses-init
HARDEN := -fstack-protector-strong -fPIE
CFLAGS_plain := -O2 -D_FORTIFY_SOURCE=2 -DWITH_JEMALLOC
# Linked in: as a library of its own it brings the C++ runtime along, which nobody else here needs and which takes a megabyte.
LIBS_plain := -Wl,-Bstatic -ljemalloc_pic -Wl,-Bdynamic
# The sanitized builds also hold every reply against openapi.yaml (api/pipeline.c).
CFLAGS_address := -DTEST_REPLIES -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-format-truncation -Wno-null-dereference
CFLAGS_thread := -DTEST_REPLIES -O1 -fsanitize=thread -Wno-null-dereference -Wno-format-truncation
CFLAGS += -std=gnu17 -g $(WARN) $(HARDEN) $(CFLAGS_$(VARIANT)) -D_GNU_SOURCE
LDFLAGS := -pie -Wl,-z,relro,-z,now $(filter -fsanitize%,$(CFLAGS_$(VARIANT)))
LIBS := -lulfius -lmicrohttpd -ljansson -lyder -lorcania -lpq -lssl -lcrypto -lpcre2-8 -lunistring -lxxhash -lz $(LIBS_$(VARIANT)) -lpthread -lm

# Who may include whom: main -> api -> service -> {db, policy} -> base. A forbidden include does not compile.
INC_base := -Iservice/base
INC_policy := -Iservice/policy $(INC_base)
INC_db := -Iservice/db -I$(GEN)/sql $(INC_base) -I/usr/include/postgresql
INC_service := -Iservice $(INC_policy) -Iservice/db -I$(GEN)/sql -I$(GEN)/operations
INC_api := -Iapi -Iservice $(INC_base) -Iservice/db -I$(GEN)/sql -I$(GEN)/operations
INC_main := -Iapi -Iservice -Iservice/db $(INC_policy) -I$(GEN)/sql -I$(GEN)/operations -I/usr/include/postgresql

SRC_base := $(wildcard service/base/*.c)
SRC_policy := $(wildcard service/policy/*.c)
SRC_db := $(wildcard service/db/*.c)
SRC_service := $(filter-out service/main.c,$(wildcard service/*.c))
SRC_api := $(wildcard api/*.c)
GEN_SRC := $(GEN)/operations/operations.c $(GEN)/sql/statements.c $(GEN)/sql/migrations.c
objects = $(patsubst %.c,$(OUT)/%.o,$(1))
LIBRARY := $(call objects,$(SRC_base) $(SRC_policy) $(SRC_db) $(SRC_service) $(SRC_api)) \
  $(patsubst $(GEN)/%.c,$(OUT)/gen/%.o,$(GEN_SRC))

.PHONY: build always
build: $(OUT)/allianced ## compile build/<variant>/allianced

$(OUT)/allianced: $(OUT)/service/main.o $(LIBRARY)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

include_of = $(if $(filter service/base/%,$(1)),$(INC_base),$(if $(filter service/policy/%,$(1)),$(INC_policy),$(if \
  $(filter service/db/%,$(1)),$(INC_db),$(if $(filter service/main.c,$(1)),$(INC_main),$(if $(filter service/%,$(1)),$(INC_service),$(INC_api))))))
$(OUT)/%.o: %.c | $(GEN)/sql/statements.h $(GEN)/operations/operations.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(call include_of,$<) -MMD -MP -c -o $@ $<
$(OUT)/service/main.o: CFLAGS += -DVERSION='"$(VERSION)"' -DCOMMIT='"$(COMMIT)"'
$(OUT)/service/main.o: $(OUT)/commit
$(OUT)/commit: always # older than main.o, unless it is another commit
	@mkdir -p $(@D)
	@echo "$(VERSION) $(COMMIT)" | cmp -s - $@ || echo "$(VERSION) $(COMMIT)" >$@
$(OUT)/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(INC_db) -I$(GEN)/operations -Iservice -MMD -MP -c -o $@ $<

$(GEN)/operations/operations.c $(GEN)/operations/operations.h &: openapi.yaml api/compile-spec.py
	@mkdir -p $(GEN)/operations
	$(PYTHON) api/compile-spec.py openapi.yaml $(GEN)/operations
$(GEN)/sql/statements.c $(GEN)/sql/statements.h $(GEN)/sql/migrations.c &: sql/compile-sql.py $(wildcard sql/statements/*.sql sql/migrations/*.sql sql/seed/*.sql) sql/statements sql/migrations sql/seed
	@mkdir -p $(GEN)/sql
	$(PYTHON) sql/compile-sql.py sql $(GEN)/sql

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

# Tests: each tests/unit/test_*.c is a program of its own over the library.
UNIT := $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
$(OUT)/library.a: $(LIBRARY)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(OUT)/tests/unit/%: tests/unit/%.c $(OUT)/library.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(INC_main) -MMD -MP $(LDFLAGS) -o $@ $< $(OUT)/library.a -lcmocka $(LIBS)

export BUILD PORT STATE_DIR
.PHONY: run test test-unit test-thread unit sanitize lint format clean bench bench-instructions help
run: ## set up what is missing, build, start PostgreSQL and the service on PORT
	@+docker/local/run
test: ## set up what is missing, then every fast suite; ends in "N passed, N failed"
	@+docker/local/test
unit: $(UNIT)
test-unit: unit ## the unit tests alone, of SANITIZE's variant
	@docker/local/unit-tests $(UNIT)
test-thread: ## the tests marked concurrent against a build under ThreadSanitizer
	@+docker/local/test-thread
.PHONY: load-tools test-load test-load-slow test-load-overload test-load-outage test-load-soak
load-tools: $(BUILD)/load/hold $(BUILD)/load/rate
$(BUILD)/load/%: tests/load/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -o $@ $<
test-load: ## short forms: 10,000 slow clients, twice the capacity, the database gone, memory flat
	@+MINUTES=1 docker/local/test-load --short slow overload outage soak
test-load-slow: ## 10,000 slow clients in each of three ways
	@+docker/local/test-load slow
test-load-overload: ## the capacity, then twice of it for a minute
	@+docker/local/test-load overload
test-load-outage: ## the database gone for 30 seconds under load
	@+docker/local/test-load outage
test-load-soak: ## mixed load for MINUTES=30: memory, descriptors and threads flat
	@+docker/local/test-load soak
sanitize: ## compile with the address and undefined behaviour sanitizers
	@$(MAKE) SANITIZE=address build
.PHONY: image test-docker deb test-deb
image: ## build the images of the service and of its proxy with the docker that is there
	@docker/local/image
test-docker: ## the images and compose.yaml on a docker daemon of its own: the journey through the proxy while things die
	@docker/local/test-docker
deb: ## build the Debian package into BUILD/deb
	@docker/local/deb
test-deb: ## install, run and purge the package in a clean Debian tree
	@docker/local/test-deb
lint: ## format, clang-tidy, cppcheck, openapi.yaml, shell scripts
	@+docker/local/lint
bench-instructions: ## instructions per request by callgrind against the committed figures; UPDATE=1 writes them
	@+docker/local/bench-instructions
bench: ## the service beside pgbench, nginx and peers in Go and Node: table and BUILD/bench.json; QUICK=1 is under a minute
	@+docker/local/bench
format: ## lay out the C files by .clang-format
	clang-format -i $(wildcard service/*.[ch] service/*/*.[ch] api/*.[ch] tests/unit/*.[ch] tests/load/*.[ch])
clean: ## forget what was built
	rm -rf $(BUILD)
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 14
