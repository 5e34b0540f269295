"""Names that the LTI specifications fix: claims, scopes, media types, roles."""

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ENDPOINT_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS_CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
DEEP_LINK_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
DEEP_LINK_DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
CONTENT_ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DEEP_LINK_MESSAGE = "https://purl.imsglobal.org/spec/lti-dl/claim/msg"
DEEP_LINK_ERROR = "https://purl.imsglobal.org/spec/lti-dl/claim/errormsg"
DEEP_LINK_LOGS = (
    "https://purl.imsglobal.org/spec/lti-dl/claim/log",
    "https://purl.imsglobal.org/spec/lti-dl/claim/errorlog",
)

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE = "LtiDeepLinkingResponse"

SCOPE_LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_RESULT_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPE_GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
GRADE_SCOPES = (SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_RESULT_READ, SCOPE_SCORE)
ALL_SCOPES = (*GRADE_SCOPES, SCOPE_ROSTER, SCOPE_GROUPS)

TYPE_LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
TYPE_LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
TYPE_SCORE = "application/vnd.ims.lis.v1.score+json"
TYPE_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
TYPE_MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
TYPE_GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"

CONTEXT_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
COURSE_SECTION = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"
INSTRUCTOR = "Instructor"
LEARNER = "Learner"

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
