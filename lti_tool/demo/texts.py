"""The words of the LMS's pages: written in Chinese, and in English for who asks for it."""

from flask import session

LOCALES = ("zh-CN", "en")

ENGLISH = {
    "示范教学平台": "Demo LMS",
    "本页是演示用的 LMS，与党课不在同一站点": "This is a demo LMS, on another site than Dangke",
    "选择身份": "Choose who you are",
    "这里不需要密码，点一个名字就以这个人的身份进入。": "No password is needed: choose a name and enter as that person.",
    "教师": "teacher",
    "学生": "student",
    "身份": "Person",
    "切换": "Switch",
    "退出": "Log out",
    "我的课程": "My courses",
    "课程": "Courses",
    "还没有课程": "No courses yet",
    "活动": "Activities",
    "在新窗口打开": "Open in a new window",
    "成绩册": "Gradebook",
    "成绩": "Grade",
    "项目": "Item",
    "我的成绩": "My grades",
    "成员": "Member",
    "最近收到": "Received lately",
    "还没有收到成绩": "No scores yet",
    "停止应答": "Stop answering",
    "恢复应答": "Answer again",
    "平台已停止应答：成绩暂时送不进来。": "The LMS has stopped answering: no score gets in for now.",
    "教师工具": "For teachers",
    "从党课中选择并添加活动": "Add an activity by deep linking",
    "添加没有内容的链接": "Add a link without content",
    "标题": "Title",
    "满分": "Maximum",
    "复制本课程": "Copy this course",
    "新课程的名称": "Name of the new course",
    "副本": "copy",
    "复制": "Copy",
    "添加": "Add",
    "允许党课写入成绩": "Allow Dangke to send grades",
    "默认在新窗口打开": "Opens in a new window",
    "保存": "Save",
    "设置": "Settings",
    "修改": "Change",
    "重新打开活动": "Open the activity again",
    "打开活动": "Open the activity",
    "正在打开活动": "Opening the activity",
    "回到课程": "Back to the course",
    "已添加活动": "Activities added",
    "添加活动": "Add an activity",
    "可见": "available",
    "提交": "submission",
    "资料": "Material",
    "没有成绩列": "There are no columns",
    "外部工具": "External tools",
    "等待启用": "pending",
    "已启用": "active",
    "启用": "Activate",
    "登记新工具": "Register a tool",
    "工具给出的登记地址": "Registration address from the tool",
    "登记为": "Register as",
    "新工具": "a new tool",
    "更新": "update",
    "打开登记页": "Open the registration page",
    "下面是工具自己的页面。完成后它会请本平台关上这个窗口。": "Below is the tool's own page. When it is done it asks this LMS to close.",
}


def locale() -> str:
    """The language of this person's pages, which is also the locale of launches."""
    chosen = session.get("locale")
    return chosen if chosen in LOCALES else LOCALES[0]


def text(chinese: str) -> str:
    """The words in the person's language."""
    return ENGLISH[chinese] if locale() == "en" else chinese
