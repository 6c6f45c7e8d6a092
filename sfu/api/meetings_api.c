#include "sfu/api/api.h"
const struct http_routes api_meetings_routes = {NULL, 0};
