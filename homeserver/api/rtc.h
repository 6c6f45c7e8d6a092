/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PARVIS_HOMESERVER_RTC_H
#define PARVIS_HOMESERVER_RTC_H

struct config;
struct json_writer;

/* The array of MatrixRTC transports that this installation offers (MSC4143, MSC4195). */
void rtc_write_transports(struct json_writer *w, const struct config *config);

#endif
