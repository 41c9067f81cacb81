// Starts the API reference from our own copy of Swagger UI.
"use strict";
SwaggerUIBundle({ url: document.getElementById("api").dataset.openapi, dom_id: "#api", deepLinking: true, validatorUrl: null });
