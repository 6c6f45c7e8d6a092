/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/routes.h"

#include "common/base/mem.h"

extern const struct http_routes api_account_data_routes;
extern const struct http_routes api_account_routes;
extern const struct http_routes api_admin_routes;
extern const struct http_routes api_appservice_routes;
extern const struct http_routes api_capabilities_routes;
extern const struct http_routes api_cross_signing_routes;
extern const struct http_routes api_delayed_events_routes;
extern const struct http_routes api_dehydrated_routes;
extern const struct http_routes api_devices_routes;
extern const struct http_routes api_directory_routes;
extern const struct http_routes api_filter_routes;
extern const struct http_routes api_key_signatures_routes;
extern const struct http_routes api_keys_query_routes;
extern const struct http_routes api_keys_routes;
extern const struct http_routes api_keys_upload_routes;
extern const struct http_routes api_login_routes;
extern const struct http_routes api_logout_routes;
extern const struct http_routes api_events_routes;
extern const struct http_routes api_initial_sync_routes;
extern const struct http_routes api_media_download_routes;
extern const struct http_routes api_media_routes;
extern const struct http_routes api_monitoring_routes;
extern const struct http_routes api_mutual_rooms_routes;
extern const struct http_routes api_notifications_routes;
extern const struct http_routes api_networks_routes;
extern const struct http_routes api_openid_routes;
extern const struct http_routes api_presence_routes;
extern const struct http_routes api_profile_routes;
extern const struct http_routes api_public_rooms_routes;
extern const struct http_routes api_pushers_routes;
extern const struct http_routes api_pushrules_routes;
extern const struct http_routes api_receipts_routes;
extern const struct http_routes api_register_routes;
extern const struct http_routes api_relations_routes;
extern const struct http_routes api_reports_routes;
extern const struct http_routes api_room_by_time_routes;
extern const struct http_routes api_room_keys_keys_routes;
extern const struct http_routes api_room_keys_routes;
extern const struct http_routes api_rooms_create_routes;
extern const struct http_routes api_rooms_membership_routes;
extern const struct http_routes api_rooms_messages_routes;
extern const struct http_routes api_rooms_send_routes;
extern const struct http_routes api_rooms_state_routes;
extern const struct http_routes api_rooms_upgrade_routes;
extern const struct http_routes api_rtc_routes;
extern const struct http_routes api_sliding_sync_routes;
extern const struct http_routes api_spaces_routes;
extern const struct http_routes api_sync_routes;
extern const struct http_routes api_tags_routes;
extern const struct http_routes api_threepids_routes;
extern const struct http_routes api_thirdparty_routes;
extern const struct http_routes api_to_device_routes;
extern const struct http_routes api_typing_routes;
extern const struct http_routes api_user_directory_routes;
extern const struct http_routes api_versions_routes;
extern const struct http_routes api_voip_routes;
extern const struct http_routes api_well_known_routes;

static const struct http_routes *const tables[] = {
	&api_account_data_routes,
	&api_account_routes,
	&api_admin_routes,
	&api_appservice_routes,
	&api_capabilities_routes,
	&api_cross_signing_routes,
	&api_delayed_events_routes,
	&api_dehydrated_routes,
	&api_devices_routes,
	&api_directory_routes,
	&api_filter_routes,
	&api_key_signatures_routes,
	&api_keys_query_routes,
	&api_keys_routes,
	&api_keys_upload_routes,
	&api_login_routes,
	&api_logout_routes,
	&api_events_routes,
	&api_initial_sync_routes,
	&api_media_download_routes,
	&api_media_routes,
	&api_monitoring_routes,
	&api_mutual_rooms_routes,
	&api_notifications_routes,
	&api_networks_routes,
	&api_openid_routes,
	&api_presence_routes,
	&api_profile_routes,
	&api_public_rooms_routes,
	&api_pushers_routes,
	&api_pushrules_routes,
	&api_receipts_routes,
	&api_register_routes,
	&api_relations_routes,
	&api_reports_routes,
	&api_room_by_time_routes,
	&api_room_keys_keys_routes,
	&api_room_keys_routes,
	&api_rooms_create_routes,
	&api_rooms_membership_routes,
	&api_rooms_messages_routes,
	&api_rooms_send_routes,
	&api_rooms_state_routes,
	&api_rooms_upgrade_routes,
	&api_rtc_routes,
	&api_sliding_sync_routes,
	&api_spaces_routes,
	&api_sync_routes,
	&api_tags_routes,
	&api_threepids_routes,
	&api_thirdparty_routes,
	&api_to_device_routes,
	&api_typing_routes,
	&api_user_directory_routes,
	&api_versions_routes,
	&api_voip_routes,
	&api_well_known_routes,
};

_Static_assert(ARRAY_LEN(tables) <= API_MAX_TABLES, "raise API_MAX_TABLES");

size_t api_routes(struct http_routes out[API_MAX_TABLES])
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		out[i] = *tables[i];
	return ARRAY_LEN(tables);
}
