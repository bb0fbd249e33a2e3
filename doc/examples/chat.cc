// SPDX-License-Identifier: GPL-3.0-or-later
// A chat server with a leak (chat.md). Members come, say something and leave; who leaves without a
// word is never forgotten.
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

struct Member {
	std::string name;
	std::vector<std::string> lines;
};

class Room
{
	std::map<int, std::shared_ptr<Member>> members;

      public:
	void join(int id)
	{
		auto member = std::make_shared<Member>();

		member->name = "member number " + std::to_string(id);
		members[id] = member;
	}

	void say(int id, const std::string &text)
	{
		members[id]->lines.push_back(text);
	}
	void leave(int id)
	{
		members.erase(id);
	}
};

static Room room;

__attribute__((noinline)) void serve(int id)
{
	room.join(id);
	room.say(id, std::string(1000, 'x'));
	if (id % 4 != 0) // the leak: every fourth has left without a word
		room.leave(id);
}

int main()
{
	for (int id = 0;; id++) {
		serve(id);
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
	}
}
