/* SPDX-License-Identifier: Apache-2.0 */
/* parvis-bridge-mail report: needs no configuration, no server and no network. */
#ifndef PARVIS_BRIDGE_REPORT_H
#define PARVIS_BRIDGE_REPORT_H

/* argv begins with "report". Returns what main returns. */
int report_main(int argc, char **argv);

#endif
